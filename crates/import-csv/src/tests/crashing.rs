//! Attempts that end in the middle, and what the next one makes of it.

use std::cell::Cell;
use std::pin::pin;
use std::task::Poll;

use super::bench::{Bench, NEVER, customers, emails};
use crate::ImportError;

#[tokio::test]
async fn stopping_after_every_chunk_imports_every_row_once() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(10));
    for (token, next) in [(1, 4), (2, 7), (3, 10)] {
        let error = bench.attempt(&file, token, || true).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the attempt's time is over: continues at row {next}")
        );
        assert!(!error.is_permanent());
    }
    let imported = bench.attempt(&file, 4, || true).await.unwrap();
    assert_eq!((imported.rows, imported.chunks), (10, 4));
    assert_eq!(bench.column("email").await, emails(10));
}

#[tokio::test]
async fn dying_at_any_await_imports_every_row_once() {
    let bench = Bench::new().await;
    bench
        .run("CREATE UNIQUE INDEX one ON customers (email)")
        .await;
    dying_at_any_await(&bench).await;
}

/// The attempt is dropped after its 1st, 2nd, 3rd… await, wherever that is: before, within and after transactions.
pub(super) async fn dying_at_any_await(bench: &Bench) {
    let text = format!(
        "{},1\nbroken\nc0@example.com,5\nlast@example.com,7\n",
        customers(4).trim_end()
    );
    // What a dropped attempt had sent may still reach the database in the next round: tokens only grow.
    let mut token = 100;
    for awaits in 1.. {
        bench
            .run("DELETE FROM customers; DELETE FROM hikyaku_cursors; DELETE FROM hikyaku_rejects")
            .await;
        let file = bench.file("a.csv", &text);
        let mut attempts = 0;
        let imported = loop {
            (token, attempts) = (token + 1, attempts + 1);
            // Every further attempt comes a little further, so that this ends.
            if let Some(result) =
                die_after(awaits + attempts, bench.attempt(&file, token, NEVER)).await
            {
                break result.unwrap();
            }
        };
        // Row 4 is one field too long; the second c0 is a duplicate.
        assert_eq!(
            (imported.rows, imported.rejected, imported.chunks),
            (4, 3, 3),
            "{awaits} awaits"
        );
        let mut expected = emails(3);
        expected.push("last@example.com".to_owned());
        assert_eq!(bench.column("email").await, expected);
        let rejects = bench.rejects(1).unwrap();
        assert!(rejects.contains("has 1 fields"), "{rejects}");
        assert_eq!(rejects.lines().count(), 1 + 3, "{rejects}");
        std::fs::remove_dir_all(bench.directory.path().join("rejects")).unwrap();
        if attempts == 1 {
            return;
        }
    }
}

async fn die_after<T>(awaits: usize, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, polls) = (pin!(future), Cell::new(0));
    std::future::poll_fn(|context| {
        polls.set(polls.get() + 1);
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if polls.get() >= awaits => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn rejected_rows_that_cannot_be_stored_are_kept_until_they_can() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", "email\na@e\nb@e\nc@e\nd@e\n\"\",\ne@e\n1,2\n");
    // A file is where their folder should be.
    std::fs::write(bench.directory.path().join("rejects"), "").unwrap();
    let error = bench.import(&file).await.unwrap_err();
    assert!(
        matches!(error, ImportError::Rejects(_)) && !error.is_permanent(),
        "{error}"
    );
    let all = ["a@e", "b@e", "c@e", "d@e", "e@e"];
    assert_eq!(bench.column("email").await, all);

    std::fs::remove_file(bench.directory.path().join("rejects")).unwrap();
    let imported = bench.attempt(&file, 2, NEVER).await.unwrap();
    assert_eq!(
        (imported.rows, imported.rejected, imported.empty),
        (5, 1, 1)
    );
    assert_eq!(bench.column("email").await, all);
    assert_eq!(bench.rejects(1).unwrap().lines().count(), 2);
}

#[tokio::test]
async fn a_finished_job_does_nothing_more_and_needs_no_object() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(4));
    let first = bench.import(&file).await.unwrap();
    std::fs::remove_file(file.url.to_file_path().unwrap()).unwrap();
    assert_eq!(bench.attempt(&file, 2, NEVER).await.unwrap(), first);
    assert_eq!(bench.count().await, 4);
}

#[tokio::test]
async fn an_older_attempt_that_wakes_up_changes_nothing() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(10));
    bench.attempt(&file, 5, || true).await.unwrap_err();
    let error = bench.attempt(&file, 4, NEVER).await.unwrap_err();
    assert!(matches!(error, ImportError::Stale { chunk: 2 }), "{error}");
    assert_eq!(bench.count().await, 3);
}

/// Does `work` on another thread, as another process would, and waits for it.
fn meanwhile<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(work());
        });
    });
}

/// It is asked whether to stop, which takes so long that a newer attempt begins.
#[tokio::test]
async fn an_attempt_that_was_frozen_between_chunks_changes_nothing() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(10));
    let taken_over = || {
        meanwhile(|| async {
            bench
                .again()
                .run("UPDATE hikyaku_cursors SET token = 9")
                .await;
        });
        false
    };
    let error = bench.attempt(&file, 8, taken_over).await.unwrap_err();
    assert!(matches!(error, ImportError::Stale { chunk: 2 }), "{error}");
    assert_eq!(bench.count().await, 3);
    assert_eq!(bench.attempt(&file, 9, NEVER).await.unwrap().rows, 10);
    assert_eq!(bench.column("email").await, emails(10));
}

/// Without a ledger every attempt has the token 0; the chunk's number alone keeps them apart.
#[tokio::test]
async fn a_chunk_is_written_once_even_by_attempts_of_one_token() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(10));
    let outrun = || {
        meanwhile(|| async {
            let error = bench.again().attempt(&file, 0, || true).await.unwrap_err();
            assert!(
                matches!(error, ImportError::Stopped(crate::Progress { done: 6, .. })),
                "{error}"
            );
        });
        false
    };
    let error = bench.attempt(&file, 0, outrun).await.unwrap_err();
    assert!(matches!(error, ImportError::Stale { chunk: 2 }), "{error}");
    assert_eq!(bench.column("email").await, emails(6));
}

#[tokio::test]
async fn two_attempts_at_once_import_every_row_once() {
    let bench = Bench::new().await;
    let file = bench.file("a.csv", customers(40));
    let (first, second) = tokio::join!(
        bench.attempt(&file, 1, NEVER),
        bench.attempt(&file, 2, NEVER)
    );
    assert!(first.is_ok() || second.is_ok() || bench.attempt(&file, 3, NEVER).await.is_ok());
    assert_eq!(bench.column("email").await, emails(40));
}
