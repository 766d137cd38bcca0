package jwks

import "math/big"

// rocaPrimes are the odd primes up to 167. At every key length, the broken
// generator of CVE-2017-15361 makes its primes from a number M that is
// divisible by all of rocaPrimes.
var rocaPrimes = [...]int64{
	3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
	127, 131, 137, 139, 149, 151, 157, 163, 167,
}

// isROCA reports whether an RSA modulus has the fingerprint of the broken key
// generator of CVE-2017-15361 (Nemec et al., "The Return of Coppersmith's
// Attack", §2): modulo each of rocaPrimes, the modulus is a power of 65537. A
// random modulus has this property with a probability under 2^-27.
func isROCA(n *big.Int) bool {
	for _, p := range rocaPrimes {
		if !isPower(new(big.Int).Mod(n, big.NewInt(p)).Int64(), 65537%p, p) {
			return false
		}
	}
	return true
}

// isPower reports whether target is a power of base modulo p.
func isPower(target, base, p int64) bool {
	for power, i := int64(1), int64(0); i < p; i++ {
		if power == target {
			return true
		}
		power = power * base % p
	}
	return false
}
