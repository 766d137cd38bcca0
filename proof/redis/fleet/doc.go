// Command fleet sends load to ten processes of examples/api behind HAProxy,
// which share a Redis, while processes and servers fail, and judges every
// answer.
//
//	make fleet                                # two minutes
//	make fleet FLEET="-duration 20s -seed 7"
//	go run ./fleet -h                         # from proof/redis; explains the verdicts
package main

const help = `Fleet sends load.

Flags:
`
