// Package sharedstate keeps what the replicas of one site must agree on. None of it is a
// session: sessions stay in the browser's cookie. It holds which sessions were ended
// before their time, records against replay, locks, short-lived hand-overs and rate
// counters, and nothing about anybody who has not signed in.
//
// Memory is for one process. Redis shares it between processes, by a Redis or Valkey
// server of version 6.2 or later, alone, behind Sentinel, or as a Cluster. A request
// never waits for a server that is known to be down: see ErrDown.
package sharedstate
