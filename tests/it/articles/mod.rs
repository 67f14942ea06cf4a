mod actions;
mod change;
mod create;
mod disclaimers;
mod ladder;
mod life;
mod list;
mod read;
