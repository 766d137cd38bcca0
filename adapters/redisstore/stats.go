package redisstore

import "sync/atomic"

// Stats contains counters for metrics. Each counter starts at 0 when New is
// called.
type Stats struct {
	Commands  int // commands sent
	Failures  int // commands that failed or took too long
	Paused    int // commands that were not sent because commands were paused
	LocalOnly int // proofs that were accepted without Redis under LocalOnly
	Losses    int // how often a group of keys was found to have lost used proofs
	Refused   int // proofs that were refused because they may have been used before a loss
	TooLong   int // proofs that were refused because they would be accepted for longer than Config.ProofWindow
	Rejected  int // values whose seal did not match the secret and their key, counted on each read
}

type counters struct {
	commands, failures, paused, localOnly, losses, refused, tooLong, rejected atomic.Int64
}

// Stats returns the current statistics. It never blocks.
func (s *Store) Stats() Stats {
	c := &s.counted
	return Stats{
		Commands: int(c.commands.Load()), Failures: int(c.failures.Load()), Paused: int(c.paused.Load()),
		LocalOnly: int(c.localOnly.Load()), Losses: int(c.losses.Load()), Refused: int(c.refused.Load()),
		TooLong: int(c.tooLong.Load()), Rejected: int(c.rejected.Load()),
	}
}
