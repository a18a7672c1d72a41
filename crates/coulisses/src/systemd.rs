//! What systemd is told (`Type=notify`): that we serve, that we stop, and every so often that we are alive. Where nobody asks, nothing is said.

use base::http::State;
use std::{
    env,
    ffi::OsStr,
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

/// Who started us and wants to hear of it.
pub struct Systemd {
    socket: UnixDatagram,
    /// How often it wants a sign of life, if at all; we give twice as many.
    watchdog: Option<Duration>,
}

impl Systemd {
    /// None where the environment names nobody.
    pub fn of_this_process() -> Option<Self> {
        let watchdog = env::var_os("WATCHDOG_USEC").and_then(|text| text.to_str()?.parse().ok()).map(Duration::from_micros);
        let listener = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
        match Self::at(&listener, watchdog) {
            Ok(systemd) => Some(systemd),
            Err(e) => {
                tracing::warn!(error = %e, "NOTIFY_SOCKET cannot be reached: systemd will think that the server does not start");
                None
            }
        }
    }
    fn at(listener: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let address = match listener.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            _ => SocketAddr::from_pathname(listener)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        // A listener that does not read must not hold us up.
        socket.set_nonblocking(true)?;
        Ok(Self { socket, watchdog })
    }
    fn tell(&self, what: &str) {
        let _ = self.socket.send(what.as_bytes());
    }
    /// For as long as the process lives: the signs of life come from the threads that serve, so that they stop when those are stuck.
    pub async fn keep_told(self, state: State) {
        self.tell("READY=1");
        let stopping = async {
            state.drained().await;
            self.tell("STOPPING=1");
        };
        let alive = async {
            while let Some(watchdog) = self.watchdog {
                self.tell("WATCHDOG=1");
                tokio::time::sleep(watchdog / 2).await;
            }
        };
        tokio::join!(stopping, alive);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_hears_of_the_start_of_life_and_of_the_end() {
        let path = env::temp_dir().join(format!("coulisses-notify-{}", base::crypto::token().split_at(12).0));
        let name = path.as_os_str().as_bytes();
        let abstract_name = SocketAddr::from_abstract_name(name).unwrap();
        for (heard, spelt) in [
            (UnixDatagram::bind(&path).unwrap(), path.as_os_str().to_owned()),
            (UnixDatagram::bind_addr(&abstract_name).unwrap(), OsStr::from_bytes(&[b"@", name].concat()).to_owned()),
        ] {
            heard.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
            let state = State::default();
            let systemd = Systemd::at(&spelt, Some(Duration::from_millis(20))).unwrap();
            let telling = tokio::spawn(systemd.keep_told(state.clone()));
            let draining = state.clone();
            let words = tokio::task::spawn_blocking(move || {
                let mut words = vec![];
                while words.last().is_none_or(|word| word != "STOPPING=1") {
                    let mut word = [0; 64];
                    let length = heard.recv(&mut word).expect("it goes on saying that it lives");
                    words.push(String::from_utf8_lossy(&word[..length]).into_owned());
                    assert!(words.len() < 1_000, "it never says that it stops");
                    if words.len() == 4 {
                        draining.drain();
                    }
                }
                words
            });
            let words = words.await.unwrap();
            telling.abort();
            assert_eq!(words[..4], ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]);
        }
        std::fs::remove_file(path).unwrap();
        assert!(Systemd::at(OsStr::new("/no/such/socket"), None).is_err());
    }
}
