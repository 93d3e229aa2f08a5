//! The thread that owns the session: runs cells, completes, documents.

use std::collections::VecDeque;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use jupyter_protocol::{
    CompleteReply, DisplayData, ErrorOutput, ExecuteInput, ExecuteReply, ExecuteRequest, ExecuteResult, ExecutionCount,
    InputRequest, InspectReply, JupyterMessage, JupyterMessageContent, ReplyError, ReplyStatus, Status, StreamContent,
    Transient, UpdateDisplayData,
};

use super::channels::Outbox;
use super::status::{StatusLine, compiling};
use crate::engine::{CellError, Event, Interrupter, Prompt, Session, StartStep, Template};
use crate::error::SetupError;
use crate::notebook::outputs::media;

/// Time for requests that were sent together with a failed cell to be read from the socket, before its reply is sent.
const ON_THEIR_WAY: Duration = Duration::from_millis(25);

/// Work for the executor.
#[derive(Debug)]
pub enum Job {
    /// A request from the front end.
    Request(Box<JupyterMessage>),
    /// The kernel ends.
    Shutdown,
}

/// Runs jobs in order.
pub struct Executor {
    outbox: Outbox,
    answers: Receiver<String>,
    interrupter: Interrupter,
    waiting: VecDeque<Job>,
    count: usize,
}

impl Executor {
    /// An executor that speaks through `outbox`.
    pub fn new(outbox: Outbox, answers: Receiver<String>, interrupter: Interrupter) -> Self {
        Self {
            outbox,
            answers,
            interrupter,
            waiting: VecDeque::new(),
            count: 0,
        }
    }

    /// Starts the session, then works until it is told to stop.
    pub fn run(mut self, queue: &Receiver<Job>, template: Result<Template, SetupError>) {
        let mut session = self.start(queue, &template);
        loop {
            let job = match self.waiting.pop_front() {
                Some(job) => job,
                None => match queue.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                },
            };
            let Job::Request(message) = job else { return };
            if session.is_err() && matches!(message.content, JupyterMessageContent::ExecuteRequest(_)) {
                // What stood in the way may be gone.
                self.waiting.push_front(Job::Request(message.clone()));
                session = self.start(queue, &template);
                self.waiting.pop_front();
            }
            self.outbox.publish(Status::busy(), &message);
            match &message.content {
                JupyterMessageContent::ExecuteRequest(request) => {
                    let reply = self.execute(&message, request, session.as_mut());
                    let behind = match reply.status {
                        ReplyStatus::Error if request.stop_on_error => self.take_waiting(queue),
                        _ => VecDeque::new(),
                    };
                    self.outbox.reply(reply, &message);
                    self.outbox.publish(Status::idle(), &message);
                    self.abort(behind);
                    continue;
                }
                JupyterMessageContent::CompleteRequest(request) => {
                    let found = match &mut session {
                        Ok(session) => session.complete(&request.code, request.cursor_pos),
                        Err(_) => Default::default(),
                    };
                    let reply = CompleteReply {
                        matches: found.matches,
                        cursor_start: found.start,
                        cursor_end: found.end,
                        ..Default::default()
                    };
                    self.outbox.reply(reply, &message);
                }
                JupyterMessageContent::InspectRequest(request) => {
                    let found = session
                        .as_mut()
                        .ok()
                        .and_then(|session| session.inspect(&request.code, request.cursor_pos));
                    let reply = InspectReply {
                        found: found.is_some(),
                        data: media(&found.unwrap_or_default()),
                        ..Default::default()
                    };
                    self.outbox.reply(reply, &message);
                }
                _ => {}
            }
            self.outbox.publish(Status::idle(), &message);
        }
    }

    /// Starts the session. Under the first cell that waits for it stands what it waits for.
    fn start(&mut self, queue: &Receiver<Job>, template: &Result<Template, SetupError>) -> Result<Session, SetupError> {
        let template = match template {
            Ok(template) => template,
            Err(error) => return Err(SetupError::Other(error.to_string())),
        };
        let mut line: Option<StatusLine> = None;
        let (outbox, waiting) = (&self.outbox, &mut self.waiting);
        let session = Session::start(template, self.interrupter.clone(), &mut |step| {
            waiting.extend(queue.try_iter());
            let first = waiting.iter().find_map(|job| match job {
                Job::Request(message) if matches!(message.content, JupyterMessageContent::ExecuteRequest(_)) => {
                    Some(message)
                }
                _ => None,
            });
            if let Some(parent) = first {
                let line = line.get_or_insert_with(|| StatusLine::new(parent));
                if step == StartStep::Ready {
                    line.clear(outbox, parent);
                } else {
                    line.show(&step.in_words(), outbox, parent);
                }
            }
        });
        session.map(|mut session| {
            // Nobody waits yet: this is the time in which the student reads.
            if waiting.is_empty() {
                session.warm_up();
            }
            session
        })
    }

    /// Runs one cell and gives the reply.
    fn execute(
        &mut self,
        message: &JupyterMessage,
        request: &ExecuteRequest,
        session: Result<&mut Session, &mut SetupError>,
    ) -> ExecuteReply {
        let loud = !request.silent;
        let code = request.code.as_str();
        if loud && request.store_history && !code.trim().is_empty() {
            self.count += 1;
        }
        let count = ExecutionCount::new(self.count);
        if loud {
            let input = ExecuteInput {
                code: code.to_owned(),
                execution_count: count,
            };
            self.outbox.publish(input, message);
        }
        let result = match session {
            _ if code.trim().is_empty() => Ok(()),
            Err(error) => Err(CellError::plain("setup", error.to_string(), "")),
            Ok(session) => self.run_cell(session, message, request, count),
        };
        let mut reply = ExecuteReply {
            execution_count: count,
            user_expressions: Some(Default::default()),
            ..Default::default()
        };
        if let Err(error) = result {
            let CellError {
                ename,
                evalue,
                traceback,
            } = error;
            if loud {
                let output = ErrorOutput {
                    ename: ename.clone(),
                    evalue: evalue.clone(),
                    traceback: traceback.clone(),
                };
                self.outbox.publish(output, message);
            }
            reply.status = ReplyStatus::Error;
            reply.error = Some(Box::new(ReplyError {
                ename,
                evalue,
                traceback,
            }));
        }
        reply
    }

    fn run_cell(
        &self,
        session: &mut Session,
        message: &JupyterMessage,
        request: &ExecuteRequest,
        count: ExecutionCount,
    ) -> Result<(), CellError> {
        let answer = |prompt: Prompt| {
            if !request.allow_stdin {
                return String::new();
            }
            while self.answers.try_recv().is_ok() {}
            let question = InputRequest {
                prompt: prompt.text,
                password: prompt.is_password,
            };
            self.outbox.ask(question, message);
            loop {
                if let Ok(answer) = self.answers.recv_timeout(Duration::from_millis(200)) {
                    return answer;
                }
                if self.interrupter.is_requested() {
                    return String::new();
                }
            }
        };
        let outbox = self.outbox.clone();
        let mut line = StatusLine::new(message);
        let mut observe = |event: Event| {
            if let Event::Compiling { elapsed, crates } = &event {
                if !request.silent {
                    line.show(&compiling(*elapsed, crates), &outbox, message);
                }
                return;
            }
            line.clear(&outbox, message);
            if !request.silent {
                show(&outbox, message, event, count);
            }
        };
        let result = session.execute(&request.code, &answer, &mut observe);
        line.clear(&self.outbox, message);
        result
    }

    /// What was sent before the front end could know that the cell fails.
    fn take_waiting(&mut self, queue: &Receiver<Job>) -> VecDeque<Job> {
        std::thread::sleep(ON_THEIR_WAY);
        self.waiting.extend(queue.try_iter());
        std::mem::take(&mut self.waiting)
    }

    /// The cells behind a failed one are not run: "Run All" stops there.
    fn abort(&mut self, jobs: VecDeque<Job>) {
        for job in jobs {
            match &job {
                Job::Request(message) if matches!(message.content, JupyterMessageContent::ExecuteRequest(_)) => {
                    self.outbox.publish(Status::busy(), message);
                    let reply = ExecuteReply {
                        status: ReplyStatus::Aborted,
                        execution_count: ExecutionCount::new(self.count),
                        ..Default::default()
                    };
                    self.outbox.reply(reply, message);
                    self.outbox.publish(Status::idle(), message);
                }
                _ => self.waiting.push_back(job),
            }
        }
    }
}

fn show(outbox: &Outbox, parent: &JupyterMessage, event: Event, count: ExecutionCount) {
    match event {
        Event::Stdout(text) => outbox.publish(StreamContent::stdout(&text), parent),
        Event::Stderr(text) => outbox.publish(StreamContent::stderr(&text), parent),
        Event::Value { data } => {
            let mut result = ExecuteResult::new(count, media(&data));
            // The protocol wants an object here, be it empty.
            result.transient = Some(Transient::default());
            outbox.publish(result, parent);
        }
        Event::Display {
            id: Some(id),
            update: true,
            data,
        } => outbox.publish(UpdateDisplayData::new(media(&data), &id), parent),
        Event::Display { id, data, .. } => {
            let mut display = DisplayData::new(media(&data));
            display.transient = id.map(|id| Transient { display_id: Some(id) });
            outbox.publish(display, parent);
        }
        Event::Compiling { .. } => {}
    }
}
