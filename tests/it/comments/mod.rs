mod create;
mod list;
mod moderate;
