//! What is kept, a file each: jobs and what is noted of them, pictures, dead letters, calls back, names in the gallery.

pub(crate) mod callbacks;
pub(crate) mod contents;
pub(crate) mod dead_letters;
mod gallery;
pub(crate) mod jobs;
pub(crate) mod listing;
mod searches;
pub(crate) mod starts;
mod unfinished;
