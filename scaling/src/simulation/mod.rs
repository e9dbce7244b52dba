//! Simulated time: jobs come, wait, are taken by pods and are done, while an autoscaler looks at metrics that are late.
//!
//! One queue, first come first served, as the broker gives it; the lanes, retries and failures of the real one are left out.
//! Everything is decided by its arguments: the same ones give the same outcome, to the nanosecond.
//! `given` is what it is told, `outcome` what came of it, `pods` who does the jobs.

mod given;
mod outcome;
mod pods;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, VecDeque},
    time::Duration,
};

use fastrand::Rng;

use crate::{
    autoscaler::{Autoscaler, Mode, Reading},
    counts::real_len,
    metric::PodCpu,
    service_times::ServiceTimes,
};

pub use given::{Clockwork, Settings};
pub use outcome::{Moment, RunOutcome};
use pods::{PodId, Pods};

/// How long a simulation goes on beyond the time that was asked for, to see the last jobs done.
const OVERTIME: Duration = Duration::from_secs(24 * 3600);
/// Points of the series of an outcome, without overtime.
const POINTS: u32 = 360;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Done(PodId),
    Ready(PodId),
    Measure,
    Sync,
    Poll,
    Look,
    SpanEnds,
}

/// Lets jobs come at `arrivals`, which must be in order.
#[must_use]
pub fn simulate(settings: &Settings, times: &ServiceTimes, arrivals: &[Duration], autoscaler: Autoscaler) -> RunOutcome {
    let mut run = Simulation::new(settings, autoscaler);
    // A job's time goes with the job, whoever takes it: so that autoscalers are compared on the same work.
    let mut rng = Rng::with_seed(settings.seed ^ 0x5eed);
    let mut coming = arrivals.iter().copied().peekable();
    loop {
        let next = run.events.peek().map_or(Duration::MAX, |Reverse((at, ..))| *at);
        if coming.peek().is_some_and(|&at| at <= next) {
            if let Some(at) = coming.next() {
                run.came(at, times.draw(&mut rng));
            }
        } else if run.is_over(coming.peek().is_none()) {
            return run.outcome(arrivals.len());
        } else if let Some(Reverse((at, _, event))) = run.events.pop() {
            run.happened(at, event);
        }
    }
}

struct Simulation<'a> {
    settings: &'a Settings,
    autoscaler: Autoscaler,
    now: Duration,
    events: BinaryHeap<Reverse<(Duration, u64, Event)>>,
    /// Events of the same time come in the order of their making.
    made: u64,
    pods: Pods,
    waiting: VecDeque<(Duration, Duration)>,
    in_hand: usize,
    /// Measurements that nobody can see yet, and the last that can be seen.
    under_way: VecDeque<(Duration, Reading)>,
    seen: Reading,
    span_ended: bool,
    outcome: RunOutcome,
}

impl<'a> Simulation<'a> {
    fn new(settings: &'a Settings, autoscaler: Autoscaler) -> Self {
        let outcome = RunOutcome {
            waits: Vec::new(),
            came: 0,
            refused: 0,
            left: 0,
            finished_at: Duration::ZERO,
            most_waiting: 0,
            most_pods: 0,
            pod_seconds: 0.0,
            series: Vec::new(),
        };
        let mut run = Self {
            settings,
            autoscaler,
            now: Duration::ZERO,
            events: BinaryHeap::new(),
            made: 0,
            pods: Pods::default(),
            waiting: VecDeque::new(),
            in_hand: 0,
            under_way: VecDeque::new(),
            seen: Reading::default(),
            span_ended: false,
            outcome,
        };
        // The first pods have stood for long.
        for _ in 0..run.autoscaler.first() {
            let id = run.pods.start(Duration::ZERO);
            run.pods.ready(id, settings.parallelism);
        }
        run.look();
        run.at(settings.span, Event::SpanEnds);
        run.again(Event::Look);
        if !matches!(run.autoscaler.mode(), Mode::Fixed { .. }) {
            run.again(Event::Measure);
            run.again(Event::Sync);
        }
        if matches!(run.autoscaler.mode(), Mode::Keda { .. }) {
            run.again(Event::Poll);
        }
        run
    }

    fn at(&mut self, at: Duration, event: Event) {
        self.made += 1;
        self.events.push(Reverse((at, self.made, event)));
    }

    /// The same in its time.
    fn again(&mut self, event: Event) {
        let Clockwork { sync, polling, metric_every, .. } = self.settings.clockwork;
        let after = match event {
            Event::Measure => metric_every,
            Event::Sync => sync,
            Event::Poll => polling,
            _ => self.settings.span / POINTS,
        };
        // Time must pass.
        self.at(self.now + after.max(Duration::from_millis(1)), event);
    }

    fn is_over(&self, all_came: bool) -> bool {
        let all_done = all_came && self.waiting.is_empty() && self.in_hand == 0;
        self.span_ended && (all_done || self.now >= self.settings.span + OVERTIME)
    }

    fn came(&mut self, at: Duration, takes: Duration) {
        self.now = at;
        if self.waiting.len() >= self.settings.queue_limit {
            self.outcome.refused += 1;
            return;
        }
        self.waiting.push_back((at, takes));
        self.hand_out();
        self.outcome.most_waiting = self.outcome.most_waiting.max(self.waiting.len());
    }

    fn happened(&mut self, at: Duration, event: Event) {
        self.now = at;
        match event {
            Event::Done(pod) => {
                self.in_hand -= 1;
                self.outcome.finished_at = at;
                self.pods.job_done(pod, at);
                self.hand_out();
            }
            Event::Ready(pod) => {
                self.pods.ready(pod, self.settings.parallelism);
                self.hand_out();
            }
            Event::Measure => {
                self.measure();
                self.again(event);
            }
            Event::Sync => {
                let (current, seen) = (self.pods.replicas(), self.seen());
                let wanted = self.autoscaler.sync(at, current, &seen);
                self.scale(current, wanted);
                self.again(event);
            }
            Event::Poll => {
                let (current, seen) = (self.pods.replicas(), self.seen());
                let wanted = self.autoscaler.poll(at, current, &seen);
                self.scale(current, wanted);
                self.again(event);
            }
            Event::Look => {
                self.look();
                self.again(event);
            }
            Event::SpanEnds => {
                self.span_ended = true;
                self.outcome.pod_seconds = self.pods.pod_seconds(at);
            }
        }
    }

    fn hand_out(&mut self) {
        while !self.waiting.is_empty()
            && let Some(pod) = self.pods.take_job(self.now)
            && let Some((came_at, takes)) = self.waiting.pop_front()
        {
            self.in_hand += 1;
            self.outcome.waits.push(self.now.saturating_sub(came_at));
            self.at(self.now + takes, Event::Done(pod));
        }
    }

    fn measure(&mut self) {
        let reading = if matches!(self.autoscaler.mode(), Mode::Cpu { .. }) {
            self.pods.measure(self.now);
            Reading { backlog: None, cpu: self.pods.cpu(self.settings.cpu_share_per_job) }
        } else {
            Reading { backlog: Some(real_len(self.waiting.len() + self.in_hand)), cpu: Vec::new() }
        };
        self.under_way.push_back((self.now + self.settings.clockwork.metric_lag, reading));
    }

    /// The newest measurement that can be seen, with each replica that came since then as one that is not ready.
    fn seen(&mut self) -> Reading {
        while let Some((visible_at, _)) = self.under_way.front()
            && *visible_at <= self.now
            && let Some((_, reading)) = self.under_way.pop_front()
        {
            self.seen = reading;
        }
        let mut reading = self.seen.clone();
        if matches!(self.autoscaler.mode(), Mode::Cpu { .. }) {
            let replicas = usize::try_from(self.pods.replicas()).unwrap_or(usize::MAX);
            reading.cpu.resize(replicas, PodCpu::NotReady);
        }
        reading
    }

    fn scale(&mut self, current: u32, wanted: u32) {
        for _ in current..wanted {
            let id = self.pods.start(self.now);
            self.at(self.now + self.settings.pod_start, Event::Ready(id));
        }
        for _ in wanted..current {
            self.pods.take_away(self.now);
        }
        self.outcome.most_pods = self.outcome.most_pods.max(self.pods.count_alive());
    }

    fn look(&mut self) {
        let (pods, ready) = (self.pods.count_alive(), self.pods.count_ready());
        self.outcome.most_pods = self.outcome.most_pods.max(pods);
        self.outcome.series.push(Moment { at_s: self.now.as_secs_f64(), pods, ready, waiting: self.waiting.len() });
    }

    fn outcome(mut self, came: usize) -> RunOutcome {
        self.outcome.came = came;
        self.outcome.left = self.waiting.len() + self.in_hand;
        self.outcome.waits.sort_unstable();
        self.outcome
    }
}
