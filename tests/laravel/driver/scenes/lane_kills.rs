//! The lane while everything in it is killed: the courier, PHP, and the connection between them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hikyaku_local::clock::{Clock as _, SystemClock};
use serde_json::Value;

use super::Play;
use crate::Result;
use crate::flaky::Flaky;
use crate::living::Living;
use crate::scene::{Scene, Sent};
use crate::stage::Stage;

pub(super) const SCENES: [Play; 1] = [Play::new(
    "over the lane no job is lost, and none runs again but as it should, while courier, PHP and connection are killed",
    |scene| Box::pin(killed(scene)),
)];

const JOBS: u64 = 80;

/// So many run in PHP at once.
const PROCESSES: usize = 12;

/// Jobs of these numbers have one try, the others as many as it takes.
fn has_one_try(number: u64) -> bool {
    number.is_multiple_of(4)
}

/// For so long things are killed. Most jobs are met by something.
const KILLING: Duration = Duration::from_secs(14);

/// Between two kills of each kind, in ms.
const COURIER_EVERY: std::ops::Range<u64> = 400..1800;
const PHP_EVERY: std::ops::Range<u64> = 1500..3500;
const CUT_EVERY: std::ops::Range<u64> = 500..2500;

/// After the last kill: what is asked for while PHP's last attempt may still run waits for its timeout and ten seconds more
/// (docs/lane.md), and what was not heard for up to 40.
const DRAINED_WITHIN: Duration = Duration::from_secs(100);

/// Between a job's last line and PHP's note that it is done lies one request to the cache: milliseconds, on a busy machine
/// more.
const MOMENT_MS: u64 = 2000;

/// What one attempt of a job left in the record.
struct Attempt {
    number: u64,
    /// Which start of PHP's server it ran on.
    server: usize,
    ended: Option<u64>,
}

/// The kills of PHP's servers, by their starts: when, in Unix ms.
type Killed = Vec<u64>;

impl Attempt {
    /// Whether its job may run again, by "What runs twice, and when" in docs/lane.md. Jobs here neither throw nor release
    /// themselves, so that only PHP's death is a reason; that of the courier or of the connection is none.
    fn may_be_repeated(&self, killed: &Killed) -> bool {
        match (killed.get(self.server), self.ended) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(killed), Some(ended)) => *killed <= ended + MOMENT_MS,
        }
    }
}

async fn killed(scene: &mut Scene) -> Result<()> {
    let stage = Arc::clone(&scene.stage);
    let flaky = Arc::clone(&scene.flaky);
    let living = Living::default();
    let events = stage.cloud.watch();
    let playing = async {
        start(&stage, 0).await?;
        let sent = scene
            .dispatch("slow", &["killed", &JOBS.to_string()])
            .await?;
        flaky.breaks(true);
        let (php, couriers, cuts) = tokio::join!(
            kill_php(&stage, flaky.seed),
            kill_couriers(&living, flaky.seed),
            cut(&flaky)
        );
        flaky.breaks(false);
        scene.drained_within("killed", DRAINED_WITHIN).await?;
        stage.web.stop().await;
        let php = php?;
        let broken: usize = flaky.counts().values().sum();
        let enough = couriers > 5 && php.len() > 3 && cuts > 3 && broken > 20;
        scene.equal("whether enough was killed", &enough, &true);
        scene.note(format!("seed {}", flaky.seed));
        scene.count("jobs; one in four has one try", sent.ids.len());
        scene.count("couriers killed", couriers);
        scene.count("PHP's server killed with all that it ran", php.len());
        for (fault, times) in flaky.counts() {
            scene.count(fault.title(), times);
        }
        judge(scene, &sent, &php)?;
        Ok(())
    };
    tokio::select! {
        played = playing => played,
        () = living.watch(events) => Err("the cloud is gone".into()),
        () = Arc::clone(&flaky).carry_to(stage.web.port) => Err("the proxy is gone".into()),
    }
}

/// Starts PHP's server for the n-th time.
async fn start(stage: &Stage, number: usize) -> Result<()> {
    let number = number.to_string();
    let variables = [("SERVER", number.as_str())];
    stage.web.start_with(PROCESSES, &variables).await
}

async fn kill_php(stage: &Stage, seed: u64) -> Result<Killed> {
    let mut killed = Killed::new();
    let mut times = Times::new(seed ^ 1, PHP_EVERY);
    while times.next().await {
        stage.web.stop().await;
        killed.push(SystemClock.now_ms());
        start(stage, killed.len()).await?;
    }
    Ok(killed)
}

async fn kill_couriers(living: &Living, seed: u64) -> usize {
    let mut killed = 0;
    let mut times = Times::new(seed ^ 2, COURIER_EVERY);
    while times.next().await {
        killed += usize::from(living.kill_one("killed-courier", &mut times.chance));
    }
    killed
}

async fn cut(flaky: &Flaky) -> usize {
    let mut cuts = 0;
    let mut times = Times::new(flaky.seed ^ 3, CUT_EVERY);
    while times.next().await {
        flaky.cut();
        cuts += 1;
    }
    cuts
}

/// The moments at which something is done, until there have been enough.
struct Times {
    chance: fastrand::Rng,
    every: std::ops::Range<u64>,
    left: Duration,
}

impl Times {
    fn new(seed: u64, every: std::ops::Range<u64>) -> Self {
        Self {
            chance: fastrand::Rng::with_seed(seed),
            every,
            left: KILLING,
        }
    }

    async fn next(&mut self) -> bool {
        let wait = Duration::from_millis(self.chance.u64(self.every.clone()));
        let is_one = wait <= self.left;
        let wait = wait.min(self.left);
        self.left -= wait;
        tokio::time::sleep(wait).await;
        is_one
    }
}

fn judge(scene: &mut Scene, sent: &Sent, killed: &Killed) -> Result<()> {
    scene.equal("messages", &u64::try_from(sent.ids.len())?, &JOBS);
    let mut tales = tales(&scene.record()?)?;
    let [
        mut again,
        mut doubled,
        mut listed,
        mut listed_done,
        mut lost,
    ] = [0; 5];
    for (number, id) in (1..).zip(&sent.ids) {
        let attempts = tales.remove(&number).unwrap_or_default();
        let ended = attempts.iter().filter(|attempt| attempt.ended.is_some());
        let ended = ended.count();
        let is_listed = !scene.exception(id)?.is_empty();
        for broken in broken_promises(has_one_try(number), &attempts, is_listed, killed) {
            scene.differs(format!("job {number}: {broken}"));
        }
        again += attempts.len().saturating_sub(1);
        doubled += ended.saturating_sub(1);
        listed += usize::from(is_listed);
        listed_done += usize::from(is_listed && ended > 0);
        lost += usize::from(ended == 0 && !is_listed);
    }
    scene.count("attempts run again because PHP had died in them", again);
    scene.count("of them with the effect there already", doubled);
    scene.count("with one try, listed as failed", listed);
    scene.count("of them finished by PHP", listed_done);
    scene.count("lost", lost);
    Ok(())
}

/// What docs/lane.md says of a job and does not hold.
fn broken_promises(
    has_one_try: bool,
    attempts: &[Attempt],
    is_listed: bool,
    killed: &Killed,
) -> Vec<&'static str> {
    let has_ended = attempts.iter().any(|attempt| attempt.ended.is_some());
    let mut repeated = attempts.iter().rev().skip(1);
    let promises = [
        (
            attempts.is_sorted_by(|one, next| one.number < next.number),
            "an attempt ran twice, or after a later one",
        ),
        (
            repeated.all(|attempt| attempt.may_be_repeated(killed)),
            "it ran again although PHP lived",
        ),
        (
            !has_one_try || attempts.len() <= 1,
            "it has one try and ran more often",
        ),
        (
            has_one_try || !is_listed,
            "it is listed as failed and had tries left",
        ),
        (
            has_ended || (has_one_try && is_listed),
            "it is lost: it has not ended, and nobody lists it as failed",
        ),
    ];
    let broken = promises.iter().filter(|(holds, _)| !holds);
    broken.map(|(_, promise)| *promise).collect()
}

/// What became of each job, attempt by attempt.
fn tales(record: &[Value]) -> Result<BTreeMap<u64, Vec<Attempt>>> {
    let mut tales = BTreeMap::<u64, Vec<Attempt>>::new();
    for line in record {
        let field = |name: &str| line[name].as_u64().ok_or("the record lacks a number");
        let tale = tales.entry(field("number")?).or_default();
        if line["event"] == "began" {
            tale.push(Attempt {
                number: field("attempt")?,
                server: usize::try_from(field("server")?)?,
                ended: None,
            });
        } else {
            let attempt = field("attempt")?;
            let began = tale.iter_mut().rfind(|begun| begun.number == attempt);
            began.ok_or("a job ended that did not begin")?.ended = Some(field("at")?);
        }
    }
    Ok(tales)
}
