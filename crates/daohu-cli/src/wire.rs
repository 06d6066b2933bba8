//! The wire: carries the requests of the core over HTTP and brings back what came.

use daohu_field::{FieldError, Request, Response};
use std::{fs, path::Path, time::Duration};
use ureq::{
    Agent,
    http::Request as HttpRequest,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
};

/// How long a link may take to be there at all.
const CONNECT_S: u64 = 15;
/// No deadline is shorter than one request at this speed would need.
const SLOWEST_BYTES_A_SECOND: u64 = 1_024;
/// The shortest deadline of an exchange.
const EXCHANGE_S_MIN: u64 = 120;
/// No answer of ours is bigger.
const BODY_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// A connection to one server, kept open between requests.
#[derive(Debug)]
pub(crate) struct Wire {
    agent: Agent,
    server: String,
}

impl Wire {
    /// Prepares to speak with a server.
    ///
    /// # Errors
    /// `usage` for a file that is no certificate authority.
    pub(crate) fn to(server: &str, ca: Option<&Path>) -> Result<Self, FieldError> {
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            // A captive portal redirects; whoever follows it ends on somebody else's page.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(CONNECT_S)))
            .user_agent(concat!("daohu-field/", env!("CARGO_PKG_VERSION")));
        if let Some(ca) = ca {
            config = config.tls_config(TlsConfig::builder().root_certs(authorities(ca)?).build());
        }
        Ok(Self { agent: config.build().new_agent(), server: server.trim_end_matches('/').to_owned() })
    }

    /// Carries a request; `None` when the link broke, which is no fault of either side.
    ///
    /// # Errors
    /// `usage` for an address that is none.
    pub(crate) fn carry(&self, request: &Request, link_bytes: u32) -> Result<Option<Response>, FieldError> {
        let size = u64::from(link_bytes) + u64::try_from(request.body.len()).unwrap_or(0);
        let deadline = Duration::from_secs((size / SLOWEST_BYTES_A_SECOND).max(EXCHANGE_S_MIN));
        let mut builder = HttpRequest::builder().method(request.method).uri(format!("{}{}", self.server, request.path));
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let bad_address = |error: ureq::http::Error| FieldError::new("usage").because(error);
        let sent = if request.method == "GET" {
            let request = builder.body(()).map_err(bad_address)?;
            self.agent.run(self.agent.configure_request(request).timeout_global(Some(deadline)).build())
        } else {
            let request = builder.body(request.body.clone()).map_err(bad_address)?;
            self.agent.run(self.agent.configure_request(request).timeout_global(Some(deadline)).build())
        };
        let Ok(mut answer) = sent else { return Ok(None) };
        let status = answer.status().as_u16();
        let read = answer.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec();
        Ok(read.ok().map(|body| Response { status, headers: Vec::new(), body }))
    }
}

fn authorities(file: &Path) -> Result<RootCerts, FieldError> {
    let pem = fs::read(file).map_err(|error| FieldError::new("usage").because(error))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| FieldError::new("usage").because(error))? {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        return Err(FieldError::new("usage"));
    }
    Ok(RootCerts::from(found))
}
