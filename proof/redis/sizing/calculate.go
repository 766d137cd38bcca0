package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// scenario is the load of a fleet.
type scenario struct {
	requests, machines            float64 // requests per second; number of machines
	proofShare, opaqueShare       float64 // shares with a proof, and with an opaque token; the others are JWTs without proofs
	tokens                        float64 // active tokens
	lifetime, maxTTL, proofWindow time.Duration
	revocations, storm            float64 // revocations per second; revocations in a storm
}

var large = scenario{
	requests: 100_000, machines: 20, proofShare: 0.2, opaqueShare: 0.2, tokens: 1_000_000,
	lifetime: time.Hour, maxTTL: 30 * time.Second, proofWindow: 2 * time.Minute, revocations: 10, storm: 100_000,
}

// row is a line of a table.
type row struct{ what, formula, result string }

type rows []row

// table returns the rows in Markdown.
func (r rows) table() string {
	var text strings.Builder
	text.WriteString("| | formula | result |\n|---|---|---:|\n")
	for _, line := range r {
		fmt.Fprintf(&text, "| %s | %s | %s |\n", line.what, line.formula, line.result)
	}
	return text.String()
}

// table returns the measured figures as a Markdown table.
func (m *measured) table() string {
	var text strings.Builder
	text.WriteString("| measured | memory of a machine | memory of Redis | CPU time of a machine | CPU time of Redis | sent to each machine |\n|---|---:|---:|---:|---:|---:|\n")
	for _, line := range []struct {
		what                string
		here, redis         float64
		micros, redisMicros float64
		sent                float64
	}{
		{"JWT that is verified in full, RS256", m.tokenBytes, 0, m.checkMicros, 0, 0},
		{"JWT that is in the token cache", 0, 0, m.cachedMicros, 0, 0},
		{"proof, ES256, and its JWT in the token cache", m.entryBytes, m.redisEntry, m.proofMicros, m.entryMicros, 0},
		{fmt.Sprintf("answer of %d bytes that is written", answerSize), 0, m.redisAnswer, 0, m.setMicros, 0},
		{"answer that is read", 0, 0, 0, m.getMicros, 0},
		{"revocation", m.listBytes, m.redisRevocation, 0, 0, m.revocationBytes},
		{"read of the feed without new entries", 0, 0, 0, m.feedMicros, m.feedBytes},
	} {
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s | %s |\n", line.what, withUnit(line.here, "B"), withUnit(line.redis, "B"),
			withUnit(line.micros, "µs"), withUnit(line.redisMicros, "µs"), withUnit(line.sent, "B"))
	}
	return text.String()
}

// withUnit formats a value and its unit. The value has two significant digits,
// or one decimal if it is less than 10. withUnit returns "" for 0.
func withUnit(value float64, unit string) string {
	switch {
	case value == 0:
		return ""
	case value < 10:
		return fmt.Sprintf("%.1f %s", value, unit)
	}
	return count(value) + " " + unit
}

// count rounds a value to two significant digits and to a whole number. It puts
// a space between thousands.
func count(value float64) string {
	if value <= 0 {
		return "0"
	}
	scale := math.Pow(10, max(math.Floor(math.Log10(value))-1, 0))
	text := fmt.Sprintf("%.0f", math.Round(value/scale)*scale)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

func megabytes(bytes float64) string { return withUnit(bytes/1e6, "MB") }
func cores(micros float64) string    { return fmt.Sprintf("%.2g cores", micros/1e6) }

// calculate returns what the machines, Redis and the authorization server need
// in a scenario.
func (m *measured) calculate(s scenario) rows {
	perMachine := s.requests / s.machines
	proofs, opaque := s.requests*s.proofShare, s.requests*s.opaqueShare
	listed := s.revocations * s.lifetime.Seconds()
	written := s.tokens * s.opaqueShare / s.maxTTL.Seconds()
	full := m.checkMicros + s.proofShare*(m.proofMicros-m.cachedMicros)
	readings := s.machines * 5
	redis := proofs*m.entryMicros + opaque*m.getMicros + written*m.setMicros + readings*m.feedMicros
	return rows{
		{"**each machine**: requests", "requests / machines", count(perMachine) + " /s"},
		{"CPU time, without caches", "requests × (JWT in full + share of proofs × (proof − cached JWT))", cores(perMachine * full)},
		{"CPU time, with all JWTs in the token cache", "requests × (cached JWT + share of proofs × (proof − cached JWT))", cores(perMachine * (full - m.checkMicros + m.cachedMicros))},
		{"token cache with all JWTs", "tokens × share of JWTs × JWT", megabytes(s.tokens * (1 - s.opaqueShare) * m.tokenBytes)},
		{"replay entries", "proofs × 2 min × entry", megabytes(perMachine * s.proofShare * s.proofWindow.Seconds() * m.entryBytes)},
		{"list of revocations", "revocations × lifetime of a token × revocation", megabytes(listed * m.listBytes)},
		{"after a storm of " + count(s.storm), "(the same + storm) × revocation", megabytes((listed + s.storm) * m.listBytes)},
		{"**Redis**: proofs", "requests × share of proofs", fmt.Sprintf("%s /s, %s", count(proofs), cores(proofs*m.entryMicros))},
		{"answers that are read, at most", "requests × share of opaque tokens", fmt.Sprintf("%s /s, %s", count(opaque), cores(opaque*m.getMicros))},
		{"answers that are written", "opaque tokens / MaxTTL", fmt.Sprintf("%s /s, %s", count(written), cores(written*m.setMicros))},
		{"readings of the feed", "machines × 5 /s", fmt.Sprintf("%s /s, %s", count(readings), cores(readings*m.feedMicros))},
		{"CPU time", "the sum", cores(redis)},
		{"parts of a cluster, half busy", "CPU time / 0.5, rounded up", fmt.Sprintf("%.0f", math.Ceil(redis/0.5e6))},
		{"memory: replay entries", "proofs × 2 min × entry", megabytes(proofs * s.proofWindow.Seconds() * m.redisEntry)},
		{"memory: answers", "opaque tokens × answer", megabytes(s.tokens * s.opaqueShare * m.redisAnswer)},
		{"memory: revocations, after a storm", "(revocations × lifetime + storm) × revocation", megabytes((listed + s.storm) * m.redisRevocation)},
		{"sent for the feed", "machines × (5 /s × reading + revocations × revocation)", withUnit(s.machines*(5*m.feedBytes+s.revocations*m.revocationBytes)/1e3, "kB/s")},
		{"sent for the storm", "machines × storm × revocation", megabytes(s.machines * s.storm * m.revocationBytes)},
		{"**the authorization server**: introspection", "opaque tokens / MaxTTL", count(written) + " calls/s"},
		{"the same without a shared store, at most", "the same × machines, or requests with opaque tokens", count(min(written*s.machines, opaque)) + " calls/s"},
	}
}
