//! Where a request came from, as far as it says: for lists of devices, and beside the audit.
//!
//! An address is personal, so it lies sealed beside the audit and not in it: after a while only its network is left.

use crate::{
    App,
    crypto::{Keys, Sealed},
    db::{Actor, RawTx},
    error::Result,
    sql,
    time::Timestamp,
};
use std::net::IpAddr;

fn place(at: Timestamp, request: &str) -> String {
    format!("audit_origins|ip|{}|{request}", at.micros())
}
/// The address that was noted, or what is left of it.
pub fn address(app: &App, at: Timestamp, request: &str, sealed: &Sealed<String>) -> Option<String> {
    sealed.open(&app.keys, &place(at, request)).ok()
}

/// Notes it for the audit rows of this transaction.
pub(crate) async fn note(tx: &mut RawTx, keys: &Keys, at: Timestamp, actor: &Actor) -> Result<()> {
    let (Some(ip), Some(request)) = (actor.ip, actor.request_id.as_deref()) else { return Ok(()) };
    let agent = actor.agent.as_ref().and_then(|v| v.to_str().ok()).unwrap_or_default();
    let sealed = Sealed::seal(keys, &place(at, request), &ip.to_canonical().to_string())?;
    let insert = sql!(
        "insert into audit_origins (at, request_id, ip_sealed, device) values ($1, $2, $3, $4) on conflict (at, request_id) do nothing"
    );
    tx.exec(insert, &[&at, &request, &sealed, &device_label(agent)]).await?;
    Ok(())
}

crate::entity! {
    struct Noted { at: Timestamp, request_id: String, ip_sealed: Sealed<String> }
}
/// Of addresses noted before this, only the network stays; at most `most` at a time. How many.
pub async fn fade(app: &App, before: Timestamp, most: i64) -> Result<usize> {
    let mut tx = app.db.begin().await?;
    let old = sql!(Noted, "select {cols} from audit_origins where not faded and at < $1 order by at limit $2 {for_update}");
    let old: Vec<Noted> = tx.all(old, &[&before, &most]).await?;
    for noted in &old {
        let place = place(noted.at, &noted.request_id);
        let left = noted.ip_sealed.open(&app.keys, &place).ok().and_then(|ip| ip.parse().ok()).map(coarse).unwrap_or_default();
        let left = Sealed::seal(&app.keys, &place, &left)?;
        let update = sql!("update audit_origins set ip_sealed = $3, faded = true where at = $1 and request_id = $2");
        tx.exec(update, &[&noted.at, &noted.request_id, &left]).await?;
    }
    tx.commit().await?;
    Ok(old.len())
}

/// The network of an address: enough to recognise, not enough to follow.
pub fn coarse(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}

/// Browser and system as a person would name them.
pub fn device_label(agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Order matters: Edge says Chrome, Chrome says Safari, Android says Linux.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
        ("Dart", "App"),
        ("okhttp", "App"),
        ("curl", "curl"),
        ("python", "Python"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    [browser, system].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
