//! `user`, `device`, `pairing`, `leave`: who there is, with which phone, for which household.

use super::{Answer, DAY, ID, PLACE, read, read_if};
use crate::{
    args::people::{Device, Leave, Pairing, RoleSpan, User, UserAdd},
    refusal::Refusal,
};
use daohu_domain::{calendar::Day, id::Id, role::Role};
use daohu_server::{
    auth::{
        password::PASSWORD_BYTES_MAX,
        users::{self, NewUser, Span},
    },
    office::Office,
};
use std::io::Read;

/// Runs a user command.
pub(super) fn user(office: &Office, command: &User) -> Result<Answer, Refusal> {
    let answer = match command {
        User::Add(flags) => match read_if::<Id>(flags.id.as_deref(), "--id", ID)? {
            Some(id) => users::add_again(office, &new_user(flags)?, id)?,
            None => users::add(office, &new_user(flags)?)?,
        },
        User::Grant(flags) => users::grant(office, &flags.login, &span(flags)?)?,
        User::Ungrant(flags) => users::ungrant(office, &flags.login, &span(flags)?)?,
        User::List => users::list(office)?,
        User::Disable { login } => users::disable(office, login)?,
        User::Password { login, password_stdin } => users::set_password(office, login, typed(*password_stdin)?.as_deref())?,
        User::Totp { login, off } => users::set_totp(office, login, *off)?,
    };
    Ok(answer.into())
}

fn new_user(flags: &UserAdd) -> Result<NewUser, Refusal> {
    let cadre = read_if::<Id>(flags.cadre.as_deref(), "--cadre", ID)?;
    Ok(NewUser { login: flags.span.login.clone(), cadre, span: span(&flags.span)?, password: typed(flags.password_stdin)? })
}

fn span(flags: &RoleSpan) -> Result<Span, Refusal> {
    let role: Role = flags.role.parse().map_err(|_| Refusal { exit: 2, ..Refusal::of("bad_role") })?;
    Ok(Span {
        role,
        place: read_if(flags.place.as_deref(), "--place", PLACE)?,
        unit: read_if(flags.unit.as_deref(), "--unit", ID)?,
        from: read_if(flags.from.as_deref(), "--from", DAY)?,
        to: read_if(flags.to.as_deref(), "--to", DAY)?,
    })
}

/// Reads a password from stdin, without the line's end; nothing more than a password can be is read.
fn typed(from_stdin: bool) -> Result<Option<String>, Refusal> {
    if !from_stdin {
        return Ok(None);
    }
    let mut text = String::new();
    let limit = u64::try_from(PASSWORD_BYTES_MAX + 2).unwrap_or(u64::MAX);
    let read = std::io::stdin().lock().take(limit).read_to_string(&mut text);
    read.map_err(|_| Refusal::usage("标准输入里没有读到密码。", "no password on stdin"))?;
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Reads how long a code is good: `90s`, `15m`, `24h`.
fn ttl_ms(text: &str) -> Result<i64, Refusal> {
    let wrong = || Refusal::usage("--ttl 写成 15m 或 24h 这样。", "write --ttl like 15m or 24h");
    let split = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at_checked(split).ok_or_else(wrong)?;
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(wrong()),
    };
    number.parse::<i64>().ok().and_then(|number| number.checked_mul(unit_ms)).filter(|ms| *ms > 0).ok_or_else(wrong)
}

/// Runs a device command.
pub(super) fn device(office: &Office, command: &Device) -> Result<Answer, Refusal> {
    let answer = match command {
        Device::Code { user, ttl } => office.device_code(user, ttl_ms(ttl)?)?,
        Device::List => office.device_list()?,
        Device::Revoke { id, reason } => office.device_revoke(read(id, "ID", ID)?, reason)?,
    };
    Ok(answer.into())
}

/// Runs a pairing command.
pub(super) fn pairing(office: &Office, command: &Pairing) -> Result<Answer, Refusal> {
    let answer = match command {
        Pairing::Add { household, cadre, role, from, basis } => {
            let (cadre, from) = (read::<Id>(cadre, "--cadre", ID)?, read::<Day>(from, "--from", DAY)?);
            office.pairing_add(household, cadre, role, from, basis.as_deref())?
        }
        Pairing::End { id, to, reason } => office.pairing_end(read(id, "ID", ID)?, read(to, "--to", DAY)?, reason)?,
        Pairing::List { household, cadre, on } => {
            let (cadre, on) = (read_if::<Id>(cadre.as_deref(), "--cadre", ID)?, read_if::<Day>(on.as_deref(), "--on", DAY)?);
            office.pairing_list(household.as_deref(), cadre, on)?
        }
    };
    Ok(answer.into())
}

/// Runs a leave command.
pub(super) fn leave(office: &Office, command: &Leave) -> Result<Answer, Refusal> {
    let Leave::Add { cadre, from, to, deputy } = command;
    let (from, to) = (read::<Day>(from, "--from", DAY)?, read::<Day>(to, "--to", DAY)?);
    let deputy = read_if::<Id>(deputy.as_deref(), "--deputy", ID)?;
    Ok(office.leave_add(read(cadre, "--cadre", ID)?, from, to, deputy)?.into())
}

#[cfg(test)]
mod tests {
    use super::ttl_ms;

    #[test]
    fn a_ttl_is_a_number_with_its_unit() {
        assert_eq!([ttl_ms("15m").unwrap(), ttl_ms("24h").unwrap(), ttl_ms("90s").unwrap()], [900_000, 86_400_000, 90_000]);
        for bad in ["", "15", "m", "0m", "-5m", "1d", "99999999999999999999h"] {
            assert_eq!(ttl_ms(bad).unwrap_err().exit, 2, "{bad}");
        }
    }
}
