//! The tests that cross the parts.

mod corpus;
mod damage;
mod families;
mod growth;
mod json;
mod laws;
mod limits;
mod playback;
mod recordings;
mod rooms;
mod state_diagram;
mod update;
mod wire;
mod wire_json;
mod wire_soap;
