//go:build bearerguard_cryptorsa

package rsaverify

const off = true
