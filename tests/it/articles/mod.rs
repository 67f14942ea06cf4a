mod actions;
mod change;
mod create;
mod disclaimers;
mod list;
mod read;
