//! The workers of a simulation: which there are, which of them take jobs, what they have in hand and what they cost.
//!
//! Used by `simulation` alone. A pod starts, takes jobs, and, when it is no longer wanted, finishes what it has.

use std::{collections::VecDeque, time::Duration};

use crate::metric::PodCpu;

/// A place in the list of all pods that ever were.
pub(crate) type PodId = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PodState {
    Starting,
    Ready,
    Draining,
    Gone,
}

#[derive(Debug)]
struct Pod {
    state: PodState,
    created_at: Duration,
    in_hand: u32,
    /// Since then it has had as many jobs in hand as now.
    counted_at: Duration,
    /// Job-seconds in hand since the last measurement.
    busy_s: f64,
    /// Whether it was ready for the whole of the last measurement, and how many jobs it had in hand in the mean.
    measured: Option<f64>,
    ready_when_measured: bool,
}

/// All pods.
#[derive(Debug, Default)]
pub(crate) struct Pods {
    all: Vec<Pod>,
    /// Not gone, in the order of their making.
    alive: Vec<PodId>,
    /// A free place each, in the order in which the broker gives to them.
    free: VecDeque<PodId>,
    measured_at: Duration,
    /// Seconds of pods that are gone.
    spent_s: f64,
}

impl Pods {
    /// A new one, which is not ready yet.
    pub(crate) fn start(&mut self, now: Duration) -> PodId {
        self.all.push(Pod {
            state: PodState::Starting,
            created_at: now,
            in_hand: 0,
            counted_at: now,
            busy_s: 0.0,
            measured: None,
            ready_when_measured: false,
        });
        self.alive.push(self.all.len() - 1);
        self.all.len() - 1
    }

    /// It takes jobs from now on, unless it is no longer wanted.
    pub(crate) fn ready(&mut self, id: PodId, places: u32) {
        if self.all[id].state == PodState::Starting {
            self.all[id].state = PodState::Ready;
            self.free.extend(std::iter::repeat_n(id, places as usize));
        }
    }

    /// Those that start and those that are ready: what a Deployment counts.
    pub(crate) fn replicas(&self) -> u32 {
        self.count(|state| matches!(state, PodState::Starting | PodState::Ready))
    }

    pub(crate) fn count_ready(&self) -> u32 {
        self.count(|state| state == PodState::Ready)
    }

    /// All that cost something.
    pub(crate) fn count_alive(&self) -> u32 {
        u32::try_from(self.alive.len()).unwrap_or(u32::MAX)
    }

    /// Takes one away, as Kubernetes chooses: one that is not ready before one that is, a young one before an old one.
    pub(crate) fn take_away(&mut self, now: Duration) {
        let youngest = |wanted: PodState| self.alive.iter().rev().copied().find(|&id| self.all[id].state == wanted);
        let Some(id) = youngest(PodState::Starting).or_else(|| youngest(PodState::Ready)) else { return };
        // Its free places are passed over when their turn comes.
        self.all[id].state = PodState::Draining;
        self.leave_if_empty(id, now);
    }

    /// A pod with a free place takes a job.
    pub(crate) fn take_job(&mut self, now: Duration) -> Option<PodId> {
        let id = loop {
            let id = self.free.pop_front()?;
            if self.all[id].state == PodState::Ready {
                break id;
            }
        };
        let pod = &mut self.all[id];
        pod.account(now);
        pod.in_hand += 1;
        Some(id)
    }

    /// A pod has settled a job.
    pub(crate) fn job_done(&mut self, id: PodId, now: Duration) {
        let pod = &mut self.all[id];
        pod.account(now);
        pod.in_hand -= 1;
        match pod.state {
            PodState::Ready => self.free.push_back(id),
            PodState::Draining => self.leave_if_empty(id, now),
            PodState::Starting | PodState::Gone => {}
        }
    }

    /// Notes how busy each was since the last time, as the kubelet does.
    pub(crate) fn measure(&mut self, now: Duration) {
        let passed_s = now.saturating_sub(self.measured_at).as_secs_f64();
        self.measured_at = now;
        for &id in &self.alive {
            let pod = &mut self.all[id];
            pod.account(now);
            pod.measured = (pod.ready_when_measured && passed_s > 0.0).then(|| pod.busy_s / passed_s);
            pod.busy_s = 0.0;
            pod.ready_when_measured = pod.state == PodState::Ready;
        }
    }

    /// Each replica's use of CPU at the last measurement, where a job in hand uses `share` of a pod's request.
    pub(crate) fn cpu(&self, share: f64) -> Vec<PodCpu> {
        let replicas = self.alive.iter().map(|&id| &self.all[id]);
        let replicas = replicas.filter(|pod| matches!(pod.state, PodState::Starting | PodState::Ready));
        replicas.map(|pod| pod.measured.map_or(PodCpu::NotReady, |in_hand| PodCpu::Used(in_hand * share))).collect()
    }

    /// Seconds of all pods until now, from their creation to their end.
    pub(crate) fn pod_seconds(&self, now: Duration) -> f64 {
        let alive = self.alive.iter().map(|&id| now.saturating_sub(self.all[id].created_at).as_secs_f64());
        self.spent_s + alive.sum::<f64>()
    }

    fn count(&self, wanted: impl Fn(PodState) -> bool) -> u32 {
        u32::try_from(self.alive.iter().filter(|&&id| wanted(self.all[id].state)).count()).unwrap_or(u32::MAX)
    }

    fn leave_if_empty(&mut self, id: PodId, now: Duration) {
        let pod = &mut self.all[id];
        if pod.in_hand == 0 {
            pod.state = PodState::Gone;
            self.spent_s += now.saturating_sub(pod.created_at).as_secs_f64();
            self.alive.retain(|&alive| alive != id);
        }
    }
}

impl Pod {
    fn account(&mut self, now: Duration) {
        self.busy_s += f64::from(self.in_hand) * now.saturating_sub(self.counted_at).as_secs_f64();
        self.counted_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_pod_takes_its_jobs_and_leaves_when_the_last_is_done() {
        let mut pods = Pods::default();
        let id = pods.start(s(0));
        assert_eq!((pods.take_job(s(0)), pods.replicas(), pods.count_ready()), (None, 1, 0));
        pods.ready(id, 2);
        assert_eq!((pods.take_job(s(1)), pods.take_job(s(1)), pods.take_job(s(1))), (Some(id), Some(id), None));
        pods.take_away(s(2));
        assert_eq!((pods.replicas(), pods.count_alive()), (0, 1));
        pods.job_done(id, s(3));
        assert_eq!((pods.take_job(s(3)), pods.count_alive()), (None, 1));
        pods.job_done(id, s(10));
        assert_eq!((pods.count_alive(), pods.pod_seconds(s(99))), (0, 10.0));
    }

    #[test]
    fn who_is_not_ready_goes_first_and_never_gets_ready() {
        let mut pods = Pods::default();
        let (old, young) = (pods.start(s(0)), pods.start(s(0)));
        pods.ready(old, 1);
        pods.take_away(s(1));
        pods.ready(young, 1);
        assert_eq!((pods.take_job(s(2)), pods.take_job(s(2))), (Some(old), None));
    }

    #[test]
    fn cpu_is_what_was_in_hand_over_a_whole_measurement() {
        let mut pods = Pods::default();
        let (one, two) = (pods.start(s(0)), pods.start(s(0)));
        pods.ready(one, 2);
        pods.measure(s(10));
        assert_eq!(pods.cpu(0.5), [PodCpu::NotReady; 2], "ready, but not for the whole time");
        pods.take_job(s(10));
        pods.ready(two, 2);
        pods.take_job(s(15));
        pods.measure(s(20));
        assert_eq!(pods.cpu(0.5), [PodCpu::Used(0.75), PodCpu::NotReady]);
    }
}
