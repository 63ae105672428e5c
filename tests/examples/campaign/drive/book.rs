//! The book: what every attempt did, told by the attempts themselves, and the effects that came of it.
//!
//! It is the other system that jobs talk to. An effect with a key that it knows is dropped; any other is applied. Now and
//! then an effect is applied and its answer lost.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hikyaku_local::clock::{Clock as _, SystemClock};
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Of a hundred effects so many are applied without an answer.
const LOST_ANSWERS: u8 = 1;

/// What is known of one job.
#[derive(Debug, Default, Clone)]
pub(crate) struct Tale {
    /// Its id, once it began.
    pub(crate) id: Option<String>,
    /// When it began, with which token.
    pub(crate) began: Vec<(u64, u64)>,
    /// How often its effect was applied.
    pub(crate) applied: u32,
    /// How often its effect was dropped because its key was known.
    pub(crate) dropped: u32,
    /// When its effect was applied first.
    pub(crate) applied_at: Option<u64>,
    /// How many of its attempts died with their process.
    pub(crate) died: u32,
    /// All that was heard of it, with times in ms.
    pub(crate) lines: Vec<(u64, String)>,
    waits_since: Option<u64>,
}

#[derive(Debug, Default)]
struct Pages {
    tales: HashMap<String, Tale>,
    keys: HashSet<String>,
    subjects: HashMap<String, String>,
    running: BTreeMap<u32, BTreeSet<String>>,
    outcomes: BTreeMap<String, u64>,
    returns: Vec<u64>,
    lost_answers: u64,
    superseded: u64,
    chance: fastrand::Rng,
}

/// The book itself. Clones are the same one.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    pages: Arc<Mutex<Pages>>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
enum Word {
    Begin {
        subject: String,
        job: String,
        token: u64,
        attempt: u32,
        pid: u32,
    },
    Effect {
        key: Option<String>,
    },
    End,
    Left,
}

/// A function's log line about a delivery.
#[derive(Debug, Deserialize)]
struct LogLine {
    #[serde(rename = "job.id")]
    id: Option<String>,
    outcome: String,
    error: Option<String>,
}

impl Book {
    /// An empty book. `ids`: the jobs whose ids are known before they begin, with their subjects.
    pub(crate) fn new(seed: u64, ids: impl IntoIterator<Item = (String, String)>) -> Self {
        let pages = Pages {
            subjects: ids.into_iter().collect(),
            chance: fastrand::Rng::with_seed(seed),
            ..Pages::default()
        };
        Self {
            pages: Arc::new(Mutex::new(pages)),
        }
    }

    /// Listens to jobs until it is dropped.
    pub(crate) async fn listen(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        while let Ok((connection, _)) = listener.accept().await {
            let book = self.clone();
            connections.spawn(async move { book.attend(connection).await });
            while connections.try_join_next().is_some() {}
        }
    }

    async fn attend(&self, connection: TcpStream) {
        drop(connection.set_nodelay(true));
        let (reader, mut writer) = connection.into_split();
        let mut lines = BufReader::new(reader).lines();
        let Some(Word::Begin {
            subject,
            job,
            token,
            attempt,
            pid,
        }) = next(&mut lines).await
        else {
            return;
        };
        self.begin(&subject, &job, token, attempt, pid);
        let mut over = writer.write_all(b"ok\n").await.is_err();
        while !over {
            match next(&mut lines).await {
                Some(Word::Effect { key }) => {
                    over = self.effect(&subject, token, key)
                        || writer.write_all(b"ok\n").await.is_err();
                }
                Some(Word::End) => {
                    self.note(&subject, format!("token {token} ended"));
                    drop(writer.write_all(b"ok\n").await);
                    over = true;
                }
                Some(Word::Left) => {
                    self.note(&subject, format!("token {token} left before its end"));
                    over = true;
                }
                Some(Word::Begin { .. }) => over = true,
                None => {
                    self.died(&subject, token, pid);
                    over = true;
                }
            }
        }
        if let Some(running) = self.pages().running.get_mut(&pid) {
            running.remove(&subject);
        }
    }

    fn begin(&self, subject: &str, id: &str, token: u64, attempt: u32, pid: u32) {
        let now = SystemClock.now_ms();
        let mut pages = self.pages();
        pages.subjects.insert(id.to_owned(), subject.to_owned());
        pages
            .running
            .entry(pid)
            .or_default()
            .insert(subject.to_owned());
        let tale = pages.tales.entry(subject.to_owned()).or_default();
        tale.id = Some(id.to_owned());
        tale.began.push((now, token));
        let line = format!("begins in process {pid}, token {token}, attempt {attempt}");
        tale.lines.push((now, line));
        if let Some(since) = tale.waits_since.take() {
            pages.returns.push(now - since);
        }
    }

    /// Applies an effect unless its key is known. True: the answer is to be lost.
    fn effect(&self, subject: &str, token: u64, key: Option<String>) -> bool {
        let now = SystemClock.now_ms();
        let mut pages = self.pages();
        let lose = pages.chance.u8(..100) < LOST_ANSWERS;
        pages.lost_answers += u64::from(lose);
        let newest = pages.tales.get(subject).and_then(|tale| tale.began.last());
        let superseded = newest.is_some_and(|(_, newest)| *newest > token);
        pages.superseded += u64::from(superseded);
        let unknown = key.is_none_or(|key| pages.keys.insert(key));
        let tale = pages.tales.entry(subject.to_owned()).or_default();
        let what = if unknown {
            tale.applied += 1;
            tale.applied_at.get_or_insert(now);
            "applied"
        } else {
            tale.dropped += 1;
            "dropped, its key is known"
        };
        let answer = if lose { ", its answer lost" } else { "" };
        tale.lines
            .push((now, format!("effect of token {token} {what}{answer}")));
        lose
    }

    fn died(&self, subject: &str, token: u64, pid: u32) {
        let now = SystemClock.now_ms();
        let mut pages = self.pages();
        let tale = pages.tales.entry(subject.to_owned()).or_default();
        tale.died += 1;
        tale.waits_since = Some(now);
        tale.lines
            .push((now, format!("token {token} died with process {pid}")));
    }

    /// Adds a line to a job's history.
    pub(crate) fn note(&self, subject: &str, line: String) {
        let now = SystemClock.now_ms();
        let mut pages = self.pages();
        let tale = pages.tales.entry(subject.to_owned()).or_default();
        tale.lines.push((now, line));
    }

    /// Takes a line of a function's log; one that is not about a delivery is passed over.
    pub(crate) fn log(&self, line: &str) {
        let Ok(LogLine { id, outcome, error }) = serde_json::from_str(line) else {
            return;
        };
        let mut pages = self.pages();
        *pages.outcomes.entry(outcome.clone()).or_default() += 1;
        let subject = id.and_then(|id| pages.subjects.get(&id).cloned());
        drop(pages);
        if let Some(subject) = subject {
            let error = error.map_or_else(String::new, |error| format!(": {error}"));
            self.note(&subject, format!("delivery {outcome}{error}"));
        }
    }

    /// The jobs that run in a process now.
    pub(crate) fn running_in(&self, pid: u32) -> Vec<String> {
        let pages = self.pages();
        let running = pages.running.get(&pid);
        running.into_iter().flatten().cloned().collect()
    }

    pub(crate) fn tale(&self, subject: &str) -> Tale {
        self.pages().tales.get(subject).cloned().unwrap_or_default()
    }

    /// How many jobs have begun.
    pub(crate) fn begun(&self) -> usize {
        self.pages().tales.len()
    }

    /// What functions said of deliveries, by outcome.
    pub(crate) fn outcomes(&self) -> BTreeMap<String, u64> {
        self.pages().outcomes.clone()
    }

    /// From the death of an attempt to the next one's beginning, in ms, the shortest first.
    pub(crate) fn returns(&self) -> Vec<u64> {
        let mut returns = self.pages().returns.clone();
        returns.sort_unstable();
        returns
    }

    /// Effects of attempts that another one had taken the job from.
    pub(crate) fn superseded(&self) -> u64 {
        self.pages().superseded
    }

    pub(crate) fn lost_answers(&self) -> u64 {
        self.pages().lost_answers
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn next(lines: &mut Lines<BufReader<OwnedReadHalf>>) -> Option<Word> {
    let line = lines.next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}
