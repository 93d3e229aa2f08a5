//! The five sockets: reading requests, writing what the other parts put into the [`Outbox`].

use std::sync::mpsc;
use std::time::Duration;

use jupyter_protocol::{
    ConnectionInfo, InterruptReply, IoPubWelcome, JupyterMessage, JupyterMessageContent, ReplyStatus, ShutdownReply,
    Status,
};
use jupyter_zmq_client::{
    KernelControlConnection, KernelHeartbeatConnection, KernelIoPubXPubConnection, RouterRecvConnection,
    RouterSendConnection, RuntimeError, SubscriptionEvent, create_kernel_control_connection,
    create_kernel_heartbeat_connection, create_kernel_iopub_xpub_connection, create_kernel_shell_connection,
    create_kernel_stdin_connection,
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::executor::Job;
use super::reading::read;
use super::requests;
use crate::engine::Interrupter;
use crate::error::SetupError;

/// Consecutive socket errors after which a channel is given up.
const GIVE_UP_AFTER: usize = 50;

/// Where messages for the front end are put, from any thread.
#[derive(Debug, Clone)]
pub struct Outbox {
    iopub: UnboundedSender<JupyterMessage>,
    shell: UnboundedSender<JupyterMessage>,
    stdin: UnboundedSender<JupyterMessage>,
}

impl Outbox {
    /// Tells every front end.
    pub fn publish(&self, content: impl Into<JupyterMessageContent>, parent: &JupyterMessage) {
        let _ = self.iopub.send(JupyterMessage::new(content, Some(parent)));
    }

    /// Answers a request on the shell channel.
    pub fn reply(&self, content: impl Into<JupyterMessageContent>, parent: &JupyterMessage) {
        let _ = self.shell.send(JupyterMessage::new(content, Some(parent)));
    }

    /// Asks the person at the front end that sent `parent`.
    pub fn ask(&self, content: impl Into<JupyterMessageContent>, parent: &JupyterMessage) {
        let _ = self.stdin.send(JupyterMessage::new(content, Some(parent)));
    }
}

/// The open sockets.
pub struct Channels {
    /// For everyone who has something to say.
    pub outbox: Outbox,
    heartbeat: KernelHeartbeatConnection,
    control: KernelControlConnection,
    iopub: KernelIoPubXPubConnection,
    iopub_queue: UnboundedReceiver<JupyterMessage>,
    shell: (RouterSendConnection, RouterRecvConnection),
    shell_queue: UnboundedReceiver<JupyterMessage>,
    stdin: (RouterSendConnection, RouterRecvConnection),
    stdin_queue: UnboundedReceiver<JupyterMessage>,
}

/// Binds the sockets that Jupyter named.
pub async fn open(connection: &ConnectionInfo) -> Result<Channels, SetupError> {
    let failed =
        |error: RuntimeError| SetupError::Other(format!("a socket of the kernel could not be opened: {error}"));
    let session = uuid::Uuid::new_v4().to_string();
    let (iopub_sender, iopub_queue) = unbounded_channel();
    let (shell_sender, shell_queue) = unbounded_channel();
    let (stdin_sender, stdin_queue) = unbounded_channel();
    Ok(Channels {
        outbox: Outbox {
            iopub: iopub_sender,
            shell: shell_sender,
            stdin: stdin_sender,
        },
        heartbeat: create_kernel_heartbeat_connection(connection).await.map_err(failed)?,
        control: create_kernel_control_connection(connection, &session)
            .await
            .map_err(failed)?,
        iopub: create_kernel_iopub_xpub_connection(connection, &session)
            .await
            .map_err(failed)?,
        iopub_queue,
        shell: create_kernel_shell_connection(connection, &session)
            .await
            .map_err(failed)?
            .split(),
        shell_queue,
        stdin: create_kernel_stdin_connection(connection, &session)
            .await
            .map_err(failed)?
            .split(),
        stdin_queue,
    })
}

/// Serves until a shutdown is asked for, a signal comes, or Jupyter is gone.
pub async fn serve(
    channels: Channels,
    jobs: mpsc::Sender<Job>,
    answers: mpsc::Sender<String>,
    interrupter: Interrupter,
) {
    let Channels {
        outbox,
        mut heartbeat,
        control,
        iopub,
        iopub_queue,
        shell,
        shell_queue,
        stdin,
        stdin_queue,
    } = channels;
    let publishing = tokio::spawn(publish(iopub, iopub_queue));
    tokio::spawn(send_all(shell.0, shell_queue));
    tokio::spawn(send_all(stdin.0, stdin_queue));
    tokio::spawn(async move { while heartbeat.single_heartbeat().await.is_ok() {} });
    tokio::spawn(read_answers(stdin.1, answers));
    tokio::spawn(read_shell(shell.1, outbox.clone(), jobs.clone()));
    tokio::select! {
        () = serve_control(control, outbox, interrupter) => {}
        () = terminated() => {}
        () = parent_gone() => {}
    }
    let _ = jobs.send(Job::Shutdown);
    // Lets the last messages out.
    tokio::time::sleep(Duration::from_millis(100)).await;
    publishing.abort();
}

async fn read_shell(mut shell: RouterRecvConnection, outbox: Outbox, jobs: mpsc::Sender<Job>) {
    let mut history = requests::Immediate::default();
    let mut errors = 0;
    loop {
        match read(&mut shell).await {
            Ok(message) => {
                errors = 0;
                history.note(&message);
                if let Some(reply) = history.answer(&message) {
                    outbox.publish(Status::busy(), &message);
                    outbox.reply(reply, &message);
                    outbox.publish(Status::idle(), &message);
                } else if jobs.send(Job::Request(Box::new(message))).is_err() {
                    return;
                }
            }
            Err(error) if !survives(&error, &mut errors).await => return,
            Err(_) => {}
        }
    }
}

async fn read_answers(mut stdin: RouterRecvConnection, answers: mpsc::Sender<String>) {
    let mut errors = 0;
    loop {
        match stdin.read().await {
            Ok(message) => {
                errors = 0;
                if let JupyterMessageContent::InputReply(reply) = message.content {
                    let _ = answers.send(reply.value);
                }
            }
            Err(error) if !survives(&error, &mut errors).await => return,
            Err(_) => {}
        }
    }
}

async fn serve_control(mut control: KernelControlConnection, outbox: Outbox, interrupter: Interrupter) {
    let mut errors = 0;
    loop {
        let message = match control.read().await {
            Ok(message) => message,
            Err(error) => {
                if survives(&error, &mut errors).await {
                    continue;
                }
                return;
            }
        };
        errors = 0;
        outbox.publish(Status::busy(), &message);
        let mut shutdown = false;
        let reply: Option<JupyterMessageContent> = match &message.content {
            JupyterMessageContent::KernelInfoRequest(_) => Some(requests::kernel_info().into()),
            JupyterMessageContent::InterruptRequest(_) => {
                interrupter.interrupt();
                Some(InterruptReply::new().into())
            }
            JupyterMessageContent::ShutdownRequest(request) => {
                shutdown = true;
                let reply = ShutdownReply {
                    restart: request.restart,
                    status: ReplyStatus::Ok,
                    error: None,
                };
                outbox.publish(reply.clone(), &message);
                Some(reply.into())
            }
            _ => None,
        };
        if let Some(reply) = reply {
            let _ = control.send(JupyterMessage::new(reply, Some(&message))).await;
        }
        outbox.publish(Status::idle(), &message);
        if shutdown {
            return;
        }
    }
}

async fn publish(mut iopub: KernelIoPubXPubConnection, mut queue: UnboundedReceiver<JupyterMessage>) {
    loop {
        tokio::select! {
            message = queue.recv() => match message {
                Some(message) => {
                    let _ = iopub.send(message).await;
                }
                None => return,
            },
            event = iopub.recv_subscription() => match event {
                Ok(SubscriptionEvent::Subscribe(topic)) => {
                    let _ = iopub.send(IoPubWelcome::new(topic).into()).await;
                }
                Ok(SubscriptionEvent::Unsubscribe(_)) => {}
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

async fn send_all(mut socket: RouterSendConnection, mut queue: UnboundedReceiver<JupyterMessage>) {
    while let Some(message) = queue.recv().await {
        let _ = socket.send(message).await;
    }
}

/// A message that is forged, damaged or of no known kind is dropped; a dead socket ends its channel.
async fn survives(error: &RuntimeError, errors: &mut usize) -> bool {
    *errors += 1;
    if matches!(error, RuntimeError::ZmqError(_)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    *errors < GIVE_UP_AFTER
}

/// Ends at SIGTERM. SIGINT is ignored: Jupyter interrupts by message, and a Ctrl-C in the terminal is for Jupyter.
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupts = signal(SignalKind::interrupt());
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
    drop(interrupts);
}

/// Ends when the process that started the kernel has ended without a word.
async fn parent_gone() {
    let parent = rustix::process::getppid();
    while rustix::process::getppid() == parent {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
