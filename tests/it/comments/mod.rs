mod create;
mod list;
mod moderate;
mod queue;
mod threads;
mod tokens;
