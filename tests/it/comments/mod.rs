mod create;
mod limits;
mod list;
mod moderate;
mod queue;
mod threads;
mod tokens;
