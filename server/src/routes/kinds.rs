//! `/api/v1/kinds` and `/api/v1/openapi.json`: what there is to ask for, made from the declarations and the route list.

use super::{caller::Signed, etag, problem::Problem};
use crate::permit::table::{self, Who};
use axum::{http::HeaderMap, response::Response};
use daohu_domain::{kinds, schema};
use serde_json::{Map, Value as Json, json};

/// Lists the kinds that the caller reads, each with its JSON Schema.
///
/// # Errors
/// Never by itself.
pub async fn list(Signed(caller): Signed, headers: HeaderMap) -> Result<Response, Problem> {
    let read = kinds::all().iter().filter(|kind| caller.roles.iter().any(|role| kind.audience.contains(role)));
    let items: Vec<Json> =
        read.map(|kind| json!({"kind": kind.name, "zh": kind.zh, "en": kind.en, "schema": schema::json_schema(kind)})).collect();
    Ok(etag::answer(&headers, &json!({"items": items, "next": null})))
}

/// Describes the interface (`OpenAPI` 3.1).
///
/// # Errors
/// Never by itself.
pub async fn openapi(Signed(_): Signed, headers: HeaderMap) -> Result<Response, Problem> {
    Ok(etag::answer(&headers, &described()))
}

/// Returns the description of every route in the table, and of every kind.
#[must_use]
pub fn described() -> Json {
    let mut paths: Map<String, Json> = Map::new();
    for route in super::all() {
        let Some(row) = table::find(route.method, route.path) else { continue };
        let path = paths.entry(route.path.to_owned()).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(&route, row.who);
    }
    let schemas: Map<String, Json> = kinds::all().iter().map(|kind| (kind.name.to_owned(), schema::json_schema(kind))).collect();
    let problem = json!({"type": "object", "required": ["type", "title", "status", "code", "zh", "en"], "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "code": {"type": "string"}, "zh": {"type": "string"}, "en": {"type": "string"}}});
    let mut schemas = schemas;
    schemas.insert("problem".to_owned(), problem);
    json!({
        "openapi": "3.1.0", "info": {"title": "daohu", "version": env!("CARGO_PKG_VERSION")}, "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {
            "session": {"type": "http", "scheme": "bearer"}, "cookie": {"type": "apiKey", "in": "cookie", "name": crate::auth::session::COOKIE},
            "device": {"type": "apiKey", "in": "header", "name": "daohu-signature"}}},
    })
}

fn operation(route: &super::Route, who: Who) -> Json {
    let in_path = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Vec<Json> =
        in_path.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect();
    parameters.extend(route.query.iter().map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}})));
    let refused =
        json!({"description": "refused", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}});
    let mut responses = json!({ route.success: {"description": route.summary, "content": {route.media_type: {}}}, "default": refused });
    if route.has_tag {
        responses["304"] = json!({"description": "not modified"});
    }
    let security = match who {
        Who::Session(_) | Who::Page(_) => json!([{"session": []}, {"cookie": []}]),
        Who::Device => json!([{"device": []}]),
        Who::Anyone | Who::Watcher => json!([]),
    };
    json!({"summary": route.summary, "parameters": parameters, "responses": responses, "security": security})
}
