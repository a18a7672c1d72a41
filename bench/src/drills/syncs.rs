//! Syncs as the kernel saw them: one stands between a lone request and its 201, and many writers share one.

use super::{Check, Ground, check};
use crate::{
    Result,
    load::{Client, request},
    scenarios,
    server::Server,
    stage::Stage,
};
use std::path::Path;

pub async fn run(ground: &Ground) -> Result<Vec<Check>> {
    let env = ground.environment(None);
    let log = ground.dir.join("strace");
    let out = log.display().to_string();
    let all = "trace=fdatasync,fsync,recvfrom,read,sendto,writev,write";
    let server = Server::traced(&["-o", &out, "-s", "24", "-e", all], &ground.program, &env).await?;
    let stage = Stage::set(&server.address).await?;
    let mut client = Client::connect(&server.address).await?;
    let (status, _) = client.call(&request("POST", "/api/v1/projects", &stage.token, r#"{"name":"alone"}"#)).await?;
    server.stop().await?;
    let before_the_answer = syncs_of_the_last_post(&read(&log)?);

    let server = Server::traced(&["-o", &out, "-e", "trace=fdatasync,fsync"], &ground.program, &env).await?;
    let before = syncs(&read(&log)?);
    let many = scenarios::writes(&server, &stage, 64, ground.length).await?;
    let took = syncs(&read(&log)?) - before;
    server.stop().await?;
    let acknowledged = many.rate * ground.length.as_secs_f64();
    let each = acknowledged / took.max(1) as f64;
    Ok(vec![
        check(
            status == 201 && before_the_answer >= 1,
            format!("{before_the_answer} sync between a lone request's last byte and its {status} (>= 1)"),
        ),
        check(
            each >= 8.0,
            format!("64 writers: {acknowledged:.0} acknowledged by {took} syncs, checkpoints included: {each:.1} each (>= 8)"),
        ),
    ])
}

fn read(log: &Path) -> Result<String> {
    Ok(std::fs::read_to_string(log)?)
}
/// A call that another thread's interrupted ends on a line of its own.
fn is_sync(line: &str) -> bool {
    line.contains("sync") && line.ends_with("= 0")
}
fn syncs(log: &str) -> usize {
    log.lines().filter(|line| is_sync(line)).count()
}
fn syncs_of_the_last_post(log: &str) -> usize {
    let lines: Vec<_> = log.lines().collect();
    let last = |what: &str| lines.iter().rposition(|line| line.contains(what)).unwrap_or(0);
    let (asked, answered) = (last("\"POST /api/v1/projects"), last("\"HTTP/1.1 201"));
    lines.get(asked..answered).map_or(0, |between| between.iter().filter(|line| is_sync(line)).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syncs_between_are_counted() {
        let log = "7 recvfrom(9, \"POST /api/v1/projects HT\"..., 8192, 0) = 300\n8 fdatasync(5 <unfinished ...>\n7 read(3, 0x1) = -1\n\
                   8 <... fdatasync resumed>) = 0\n7 writev(9, [{iov_base=\"HTTP/1.1 201 Created\\r\\ncon\"..., iov_len=9}], 2) = 9\n8 fsync(5) = 0\n";
        assert_eq!((syncs_of_the_last_post(log), syncs(log)), (1, 2));
        assert_eq!(syncs_of_the_last_post(&log.replace("8 <... fdatasync resumed>) = 0\n", "")), 0);
    }
}
