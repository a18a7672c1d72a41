//! Hashes that verify and no others; never more work at once than there are turns.

use super::{turns::QUEUE, *};
use std::{
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

#[tokio::test]
async fn a_password_verifies_in_either_spelling_and_no_other() {
    let hasher = Hasher::for_tests();
    let phc = hasher.hash(&Secret::new("régie 🎭 lumière")).await.unwrap();
    assert!(phc.starts_with("$argon2id$v=19$"), "{phc}");
    let verify = async |p: &str| hasher.verify(&Secret::new(p), phc.clone()).await.unwrap();
    assert!(verify("re\u{301}gie 🎭 lumie\u{300}re").await);
    assert!(!verify("regie 🎭 lumiere").await);
}
#[tokio::test]
async fn the_hash_is_the_one_that_the_library_makes_and_no_two_are_alike() {
    use argon2::{PasswordHasher as _, PasswordVerifier as _};
    let hasher = Hasher::new(1).unwrap();
    let (password, argon) = (Secret::new("pont de lumière"), Argon2::default());
    let phc = hasher.hash(&password).await.unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert_ne!(phc, hasher.hash(&password).await.unwrap());
    argon.verify_password(password.expose().as_bytes(), &*phc).unwrap();
    assert!(argon.verify_password(b"pont de lumiere", &*phc).is_err());
    let theirs = argon.hash_password_with_salt(password.expose().as_bytes(), b"0123456789abcdef").unwrap().to_string();
    assert!(hasher.verify(&password, theirs).await.unwrap());
}
#[tokio::test]
async fn hashes_of_other_strengths_verify_and_the_weaker_ones_are_made_anew() {
    let make = async |m, t| Hasher::with(1, Params::new(m, t, 1, None).unwrap()).unwrap().hash(&Secret::new("x")).await.unwrap();
    let ours = Hasher::with(1, Params::new(64, 2, 1, None).unwrap()).unwrap();
    for (m, t, weaker) in [(64, 2, false), (32, 2, true), (64, 1, true), (128, 3, false)] {
        let phc = make(m, t).await;
        assert!(ours.verify(&Secret::new("x"), phc.clone()).await.unwrap(), "{phc}");
        assert!(!ours.verify(&Secret::new("y"), phc.clone()).await.unwrap());
        assert_eq!(ours.needs_rehash(&phc), weaker, "{phc}");
    }
    assert!(ours.needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
    let bomb = "$argon2id$v=19$m=4000000,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(ours.verify(&Secret::new("x"), bomb.to_owned()).await.is_err());
}
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_at_once_than_there_are_turns_even_when_callers_hang_up() {
    let hasher = Arc::new(Hasher::for_tests());
    let (now, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
    let calls: Vec<_> = (0..QUEUE)
        .map(|i| {
            let (hasher, now, most) = (hasher.clone(), now.clone(), most.clone());
            let call = tokio::spawn(async move {
                let work = move |_: &Blocks| {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(5));
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                };
                hasher.turn(work).await
            });
            (i, call)
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    for (i, call) in calls {
        if i % 2 == 0 {
            call.abort();
        }
        let _ = call.await;
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    while hasher.turns.taken() > 0 {
        tokio::task::yield_now().await; // what was aborted in the middle of its work finishes it
    }
}
#[tokio::test]
async fn whoever_would_wait_too_long_is_told_and_nothing_is_done_for_them() {
    let hasher = Arc::new(Hasher::for_tests());
    let hold = || {
        let ((end, held), h) = (mpsc::channel::<()>(), hasher.clone());
        (end, tokio::spawn(async move { h.run(move || held.recv().is_err()).await }))
    };
    let (ends, held): (Vec<_>, Vec<_>) = [hold(), hold()].into_iter().unzip();
    let done = Arc::<AtomicUsize>::default();
    let waiting: Vec<_> = (2..QUEUE)
        .map(|_| {
            let (h, done) = (hasher.clone(), done.clone());
            tokio::spawn(async move { h.run(move || done.fetch_add(1, Ordering::SeqCst)).await })
        })
        .collect();
    while hasher.turns.taken() < QUEUE {
        tokio::task::yield_now().await;
    }
    let at_once = tokio::time::timeout(Duration::ZERO, hasher.hash(&Secret::new("x"))).await;
    assert_eq!(at_once.expect("no waiting behind a full queue").unwrap_err().code(), "sign_in_busy");
    for one in waiting {
        assert_eq!(one.await.unwrap().unwrap_err().code(), "sign_in_busy");
    }
    drop(ends);
    for one in held {
        assert!(one.await.unwrap().unwrap(), "whoever had a turn ends it");
    }
    hasher.hash(&Secret::new("x")).await.expect("the queue goes on");
    assert_eq!(done.load(Ordering::SeqCst), 0);
}
#[tokio::test]
async fn work_that_panics_holds_nobody_up() {
    let hasher = Hasher::new(1).unwrap();
    for _ in 0..3 {
        assert!(hasher.run(|| panic!("on purpose")).await.is_err());
    }
    hasher.run(|| ()).await.expect("the thread goes on");
}
/// `U*U` at cost 5: one of the vectors that implementations of bcrypt have shared since the beginning.
const VECTOR: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[tokio::test]
async fn hashes_of_other_systems_verify_and_are_made_anew() {
    let hasher = Hasher::for_tests();
    let verify = async |p: &str, stored: &str| hasher.verify(&Secret::new(p), stored.to_owned()).await;
    for mark in ["$2a$", "$2b$", "$2y$"] {
        let stored = VECTOR.replace("$2a$", mark);
        assert!(verify("U*U", &stored).await.unwrap() && !verify("U*V", &stored).await.unwrap(), "{stored}");
        assert!(kind(&stored).as_deref() == Some("$2b$05$") && hasher.needs_rehash(&stored));
    }
    for broken in [
        "",
        "plain",
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$short",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyO!!",
        "$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$argon2id$v=19$m=8,t=1,p=1$AAAA",
        "$1$x$y",
    ] {
        assert_eq!(kind(broken), None, "{broken}");
        assert!(verify("U*U", broken).await.is_err(), "{broken}");
    }
    assert_eq!(kind(&hasher.hash(&Secret::new("x")).await.unwrap()), Some(hasher.own_kind()));
}
#[tokio::test]
async fn who_must_can_make_bcrypt() {
    let hasher = Hasher::for_tests().making(Scheme::Bcrypt);
    let phc = hasher.hash(&Secret::new("régie")).await.unwrap();
    assert!(phc.starts_with("$2b$12$") && phc.len() == 60, "{phc}");
    assert!(hasher.verify(&Secret::new("re\u{301}gie"), phc.clone()).await.unwrap());
    assert!(!hasher.needs_rehash(&phc) && hasher.needs_rehash(VECTOR));
    assert!(hasher.needs_rehash(&Hasher::for_tests().hash(&Secret::new("x")).await.unwrap()), "the operator chose");
}

#[tokio::test]
async fn whoever_is_named_the_same_work_is_done() {
    let hasher = Hasher::for_tests();
    let (own, other) = (hasher.hash(&Secret::new("x")).await.unwrap(), VECTOR.to_owned());
    let kinds = BTreeSet::from([kind(VECTOR).unwrap()]);
    let mut work = Vec::new();
    for (stored, password, fits) in
        [(None, "x", false), (Some(&own), "x", true), (Some(&own), "y", false), (Some(&other), "U*U", true), (Some(&other), "y", false)]
    {
        let verified = hasher.verify_unseen(&Secret::new(password), stored.cloned(), kinds.clone()).await.unwrap();
        assert_eq!(verified, fits, "{stored:?} {password}");
        work.push(std::mem::take(&mut *hasher.verified.lock()));
    }
    assert_eq!(work[0], ["$2b$05$".to_owned(), hasher.own_kind()].into_iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
    assert!(work.iter().all(|done| *done == work[0]), "{work:?}");
    let _ = hasher.verify_unseen(&Secret::new("x"), None, BTreeSet::new()).await.unwrap();
    assert_eq!(*hasher.verified.lock(), [hasher.own_kind()], "what nobody has is not worked at");
}
