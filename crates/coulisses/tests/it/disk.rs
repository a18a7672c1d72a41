//! A full disk: a real one of a few megabytes, where this machine lets us mount it.

use crate::process::{Server, run, scratch};
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// Gone with the test.
pub struct Disk(pub PathBuf);
impl Disk {
    /// None where nobody but root may mount.
    pub fn new(size: &str) -> Option<Self> {
        let disk = Self(scratch());
        std::fs::create_dir_all(&disk.0).unwrap();
        disk.mount(size, &["-t", "tmpfs", "tmpfs"]).then_some(disk)
    }
    fn mount(&self, size: &str, how: &[&str]) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-o", size]).args(how).arg(&self.0).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success())
    }
}
impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).stderr(Stdio::null()).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_full_disk_is_507_and_with_room_again_writing_goes_on() {
    let Some(disk) = Disk::new("size=6m") else { return };
    let env = [("DATA_DIR", disk.0.to_str().unwrap())];
    let server = Server::start(&env);
    let token = server.owner();
    let write = |name: String| server.call("POST", "/api/v1/projects", &token, &json!({"name": name})).unwrap();
    let until_full = |writer: usize| {
        let mut ids = Vec::new();
        loop {
            let (status, answer) = write(format!("{writer} {} {}", ids.len(), "x".repeat(80)));
            if status != 201 {
                // Whoever shared a commit with the one that filled the disk may be told to come back.
                assert!(status == 507 && answer["code"] == "storage_full" || status == 503, "{status} {answer}");
                return (status, ids);
            }
            ids.push(answer["id"].as_str().unwrap().to_owned());
        }
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8).map(|writer| scope.spawn(move || until_full(writer))).collect();
        writers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    assert!(outcomes.iter().any(|(status, _)| *status == 507));
    let reads = |id: &String| server.call("GET", &format!("/api/v1/projects/{id}"), &token, &Value::Null).unwrap().0 == 200;
    let ids: Vec<String> = outcomes.into_iter().flat_map(|(_, ids)| ids).collect();
    assert!(ids.len() > 8 && ids.iter().all(reads), "what was acknowledged is read from the full disk");
    let ready = || server.call("GET", "/readyz", "", &Value::Null).unwrap();
    let (status, said) = ready();
    assert_eq!((status, &said["reasons"]), (503, &json!(["disk"])), "{said}");
    assert!(disk.mount("remount,size=64m", &[]));
    let (status, said) = ready();
    assert_eq!((status, &said["degraded"]), (200, &json!(["disk"])), "there is room, but little: {said}");
    assert_eq!(write("room again".to_owned()).0, 201);
    drop(server);
    let (code, words, _) = run(&["audit", "verify"], &env);
    assert_eq!(code, 0, "{words}");
}
