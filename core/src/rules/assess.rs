//! The rules of status, D2 to D9 and D17, as one pure function of what is known of a VM.
//!
//! Nothing else decides a status under the default rules. Because [`assess`] looks only at the
//! *set* of events and evidence, order, batching, duplicates and restarts cannot matter.

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::model::event::{EventKind, EventOrder, StoredEvent};
use crate::model::guest_info::{Evidence, GuestState, GUEST_FAILURE_TYPE};
use crate::model::options::Attempts;
use crate::model::report::Failure;
use crate::model::status::CustomizationStatus;
use crate::model::time::ServerTime;
use crate::rules::history::History;
use crate::rules::time_window::TimeWindow;

/// D3: how far apart two events that tell one power-on may lie, in milliseconds.
const SAME_POWER_ON_MS: u64 = 10_000;

/// What brought a row to a step: an event, or guest info (no key), or reasoning alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) event_key: Option<i32>,
    pub(crate) inferred: bool,
}

impl Cause {
    const INFERRED: Self = Self {
        event_key: None,
        inferred: true,
    };
    const GUEST_INFO: Self = Self {
        event_key: None,
        inferred: false,
    };

    fn event(event: &StoredEvent) -> Self {
        Self {
            event_key: Some(event.order.key),
            inferred: false,
        }
    }
}

/// Where an attempt begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begin {
    /// 1 for the first attempt of the run.
    pub(crate) number: u32,
    pub(crate) order: EventOrder,
}

/// The standing of one VM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Assessment {
    pub(crate) status: CustomizationStatus,
    /// The current attempt; `None` while there is none.
    pub(crate) attempt: Option<Attempt>,
    /// Whether the VM was removed and did not come back (D8).
    pub(crate) removed: bool,
    /// How often the VM's power had been fed when its newest power-on was, be it ignored (D6). What
    /// was told before says nothing of its power (D18).
    pub(crate) power_reports_before: u32,
    /// The key of its newest power-on, be it ignored (D6, D19).
    pub(crate) newest_power_on: Option<i32>,
    /// Where the second attempt kept begins, when the first one can be forgotten: in a `reopen` run
    /// nothing takes a VM back to a closed attempt.
    pub(crate) after_oldest_forgettable: Option<Begin>,
}

/// The current attempt of one VM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) begin: Begin,
    /// When it was powered on; `None` when a `CustomizationStartedEvent` opened the attempt.
    pub(crate) powered_on_at: Option<ServerTime>,
    pub(crate) started_at: Option<ServerTime>,
    pub(crate) finished_at: Option<ServerTime>,
    /// What brought the steps to not started, started and the result.
    pub(crate) opened_by: Cause,
    pub(crate) started_by: Cause,
    pub(crate) finished_by: Cause,
    /// The place of the result in the order of events, when an event brought it.
    pub(crate) result_order: Option<EventOrder>,
    /// When the run in the guest started that failed, when guest info alone tells of the failure.
    pub(crate) failed_in_guest: Option<ServerTime>,
    pub(crate) guest_info_disagrees: bool,
}

/// The standing of a VM by everything known of it.
pub(crate) fn assess(history: &History, window: &TimeWindow) -> Assessment {
    let events = history.events();
    let power_ons = power_ons(history);
    let newest_power_on = power_ons.last().and_then(|place| events.get(*place));
    let mut assessment = Assessment {
        status: CustomizationStatus::VmNotStarted,
        attempt: None,
        removed: is_removed(events),
        power_reports_before: newest_power_on.map_or(0, |event| event.power_reports),
        newest_power_on: newest_power_on.map(|event| event.order.key),
        after_oldest_forgettable: None,
    };
    if let Some((range, after_oldest_forgettable)) = current_attempt(history, &power_ons, window) {
        let (status, attempt) = assess_attempt(history, &range);
        assessment.status = status;
        assessment.attempt = Some(attempt);
        assessment.after_oldest_forgettable = after_oldest_forgettable;
    }
    assessment
}

/// The events of one attempt: `begin` is the first.
struct Range<'a> {
    number: u32,
    begin: &'a StoredEvent,
    events: &'a [StoredEvent],
}

/// D2, D3 and D6: the current attempt, and where the second one kept begins if the first can be
/// forgotten.
fn current_attempt<'a>(
    history: &'a History,
    power_ons: &[usize],
    window: &TimeWindow,
) -> Option<(Range<'a>, Option<Begin>)> {
    let events = history.events();
    let from = |number: u32, place: usize| {
        Some(Range {
            number,
            begin: events.get(place)?,
            events: events.get(place..)?,
        })
    };
    let Some(first) = first_power_on(history, power_ons, window) else {
        return Some((from(1, opening_started_event(events, window)?)?, None));
    };
    let oldest = history
        .forgotten()
        .map_or(0, |forgotten| forgotten.attempts)
        .saturating_add(1);
    let mut number = oldest;
    let mut begin = first;
    let mut after_oldest_forgettable: Option<Begin> = None;
    for place in power_ons.iter().copied().filter(|place| *place > first) {
        let before = events.get(begin..place).unwrap_or_default();
        let opens = match window.attempts {
            Attempts::Follow => !before.iter().any(StoredEvent::is_result),
            Attempts::First => false,
            Attempts::Reopen => true,
        };
        if !opens {
            continue;
        }
        number = number.saturating_add(1);
        begin = place;
        if window.attempts == Attempts::Reopen && after_oldest_forgettable.is_none() {
            after_oldest_forgettable = events.get(place).map(|event| Begin {
                number,
                order: event.order.clone(),
            });
        }
    }
    Some((from(number, begin)?, after_oldest_forgettable))
}

/// D2: the last power-on at or before the start; failing one, the first after it.
fn first_power_on(history: &History, power_ons: &[usize], window: &TimeWindow) -> Option<usize> {
    if history.forgotten().is_some() {
        // The first attempt kept is the continuation of a run, not the choice of D2.
        return power_ons.first().copied();
    }
    let is_by_start = |place: &&usize| {
        history
            .events()
            .get(**place)
            .is_some_and(|event| event.time() <= window.start)
    };
    power_ons
        .iter()
        .rfind(is_by_start)
        .or_else(|| power_ons.first())
        .copied()
}

/// D3: the places of the events that count as power-ons.
fn power_ons(history: &History) -> Vec<usize> {
    let events = history.events();
    // What begins what is kept tells it of what is forgotten too: a `VmPoweredOnEvent` does so only where none came before.
    let mut starting_seen = history
        .forgotten()
        .and_then(|forgotten| EventKind::of_type(&forgotten.begin.type_name))
        .is_some_and(EventKind::is_starting);
    let mut places = Vec::new();
    for (place, event) in events.iter().enumerate() {
        let counts = match event.kind {
            EventKind::VmStarting => true,
            EventKind::VmUnsupportedStarting => !is_told_twice(events, event),
            // It stands in where the event is missing that comes before it.
            EventKind::VmPoweredOn => !starting_seen,
            EventKind::CustomizationStarted
            | EventKind::CustomizationSucceeded
            | EventKind::CustomizationFailed
            | EventKind::VmRemoved => false,
        };
        if counts {
            places.push(place);
        }
        starting_seen |= event.kind.is_starting();
    }
    places
}

/// D3: whether a `VmStartingEvent` tells the same power-on as this `VmUnsupportedStartingEvent`.
/// Whether vCenter posts both for one is not known.
fn is_told_twice(events: &[StoredEvent], unsupported: &StoredEvent) -> bool {
    events.iter().any(|event| {
        event.kind == EventKind::VmStarting && event.time().is_within_ms(unsupported.time(), SAME_POWER_ON_MS)
    })
}

/// D3: the place of what opens the only attempt where there is no power-on at all.
fn opening_started_event(events: &[StoredEvent], window: &TimeWindow) -> Option<usize> {
    let is_started = |event: &StoredEvent| event.kind == EventKind::CustomizationStarted;
    events
        .iter()
        .rposition(|event| is_started(event) && event.time() <= window.start)
        .or_else(|| events.iter().position(is_started))
}

/// D8: removed, and neither started nor powered on after that.
fn is_removed(events: &[StoredEvent]) -> bool {
    events
        .iter()
        .rev()
        .find_map(|event| match event.kind {
            EventKind::VmRemoved => Some(true),
            EventKind::VmStarting | EventKind::VmUnsupportedStarting | EventKind::VmPoweredOn => Some(false),
            EventKind::CustomizationStarted
            | EventKind::CustomizationSucceeded
            | EventKind::CustomizationFailed => None,
        })
        .unwrap_or(false)
}

/// D4, D5 and D17: the status within one attempt.
fn assess_attempt(history: &History, range: &Range<'_>) -> (CustomizationStatus, Attempt) {
    let first = |kind: EventKind| range.events.iter().find(|event| event.kind == kind);
    let started = first(EventKind::CustomizationStarted);
    // Failure dominates, whichever came first.
    let result = first(EventKind::CustomizationFailed).or_else(|| first(EventKind::CustomizationSucceeded));
    let guest = GuestVerdict::of(history, range.begin.time());

    let event_status = result.map(|event| match event.kind {
        EventKind::CustomizationFailed => CustomizationStatus::CustomizationFailed,
        EventKind::CustomizationSucceeded
        | EventKind::CustomizationStarted
        | EventKind::VmStarting
        | EventKind::VmUnsupportedStarting
        | EventKind::VmPoweredOn
        | EventKind::VmRemoved => CustomizationStatus::CustomizationSucceeded,
    });
    let guest_status = guest.result.map(|evidence| match evidence.state {
        GuestState::Failed => CustomizationStatus::CustomizationFailed,
        GuestState::Succeeded | GuestState::Running => CustomizationStatus::CustomizationSucceeded,
    });
    let status = event_status.or(guest_status).unwrap_or({
        if started.is_some() || guest.running {
            CustomizationStatus::CustomizationStarted
        } else {
            CustomizationStatus::CustomizationNotStarted
        }
    });

    let powered_on_at = (range.begin.kind != EventKind::CustomizationStarted).then(|| range.begin.time());
    let attempt = Attempt {
        begin: Begin {
            number: range.number,
            order: range.begin.order.clone(),
        },
        powered_on_at,
        started_at: started.map(StoredEvent::time).or(guest.started_at),
        finished_at: match result {
            Some(event) => Some(event.time()),
            None => guest.result.and_then(|evidence| evidence.end),
        },
        opened_by: powered_on_at.map_or(Cause::INFERRED, |_| Cause::event(range.begin)),
        started_by: match started {
            Some(event) => Cause::event(event),
            None if guest.running => Cause::GUEST_INFO,
            None => Cause::INFERRED,
        },
        finished_by: result.map_or(Cause::GUEST_INFO, Cause::event),
        result_order: result.map(|event| event.order.clone()),
        failed_in_guest: guest
            .result
            .filter(|evidence| evidence.state == GuestState::Failed && event_status.is_none())
            .map(|evidence| evidence.start),
        guest_info_disagrees: event_status
            .zip(guest_status)
            .is_some_and(|(by_events, by_guest)| by_events != by_guest),
    };
    (status, attempt)
}

/// What guest info says of one attempt.
struct GuestVerdict<'a> {
    running: bool,
    started_at: Option<ServerTime>,
    result: Option<&'a Evidence>,
}

impl<'a> GuestVerdict<'a> {
    fn of(history: &'a History, attempt_start: ServerTime) -> Self {
        let mut verdict = Self {
            running: false,
            started_at: None,
            result: None,
        };
        for evidence in history.guest.since(attempt_start) {
            verdict.started_at = verdict.started_at.or(Some(evidence.start));
            match evidence.state {
                GuestState::Running => verdict.running = true,
                GuestState::Succeeded => verdict.result = verdict.result.or(Some(evidence)),
                // As among events, failure dominates, and the first one is shown.
                GuestState::Failed => {
                    verdict.result = verdict
                        .result
                        .filter(|known| known.state == GuestState::Failed)
                        .or(Some(evidence));
                }
            }
        }
        verdict
    }
}

/// The failure that a row shows: it is looked up, since it may have much text.
pub(crate) fn failure(history: &History, assessment: &Assessment) -> Option<Failure> {
    let attempt = assessment.attempt.as_ref()?;
    let by_event = attempt
        .result_order
        .as_ref()
        .and_then(|order| history.event(order))
        .and_then(event_failure);
    by_event.or_else(|| {
        let mut evidence = history.guest.since(attempt.failed_in_guest?);
        evidence
            .find(|evidence| evidence.state == GuestState::Failed)
            .map(guest_info_failure)
    })
}

fn event_failure(event: &StoredEvent) -> Option<Failure> {
    (event.kind == EventKind::CustomizationFailed).then(|| Failure {
        type_name: event.order.type_name.to_string(),
        details: event.failure.as_deref().cloned().unwrap_or_default(),
        event_key: Some(event.order.key),
    })
}

fn guest_info_failure(evidence: &Evidence) -> Failure {
    Failure {
        type_name: GUEST_FAILURE_TYPE.to_string(),
        details: crate::model::event::FailureDetails {
            message: evidence.error.clone(),
            ..Default::default()
        },
        event_key: None,
    }
}
