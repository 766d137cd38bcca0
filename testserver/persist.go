package testserver

// Persist keeps the state of the server in the file at path, so that a server
// which is started again goes on where the other one ended: the next day, after a
// crash, after kill -9. The file is made if it is not there, its directory is not.
//
// In it are the clients and users, the keys, which of them sign and which are
// published, and what has become of the grants: codes, device codes, families of
// refresh tokens, opaque tokens, revocations, assertions that clients have used.
// Not in it are options, those of [Server.AddClient] included, the sessions of
// browsers, faults, the answers of [Server.SetIntrospection], records, events and
// what [Server.Advance] has added to the clock.
//
// What options say wins. Their clients, users and signing keys, and the client and
// user that a server has by default, replace those of the file with the same ID,
// subject or kid; their keys sign, and their users come first. All others in the
// file stay. [Seed] makes no keys anew: what is drawn from it goes on where it
// ended. JWTs are still the server's own if it has the same issuer: see [IssuerURL].
//
// [TokenEP], [RevokeEP], [Authorize] and [DeviceAuthorization] answer when what they
// have done is on the disk; requests that come together are written together. If it
// cannot be written they answer 503, or redirect, with the error
// temporarily_unavailable, and the client may try again: its code, device code or
// refresh token stays good. A revocation holds even so. What Go methods and the
// pages change is written a moment later. [Server.Close] writes what is left, and
// reports what it could not.
//
// The whole state is written each time, which suits as many grants as people and
// tests make, and no load test.
//
// The file is for its owner alone (mode 0600). Tokens, codes, secrets and
// passwords are in it as their SHA-256, but with the signing keys and the key of
// the refresh tokens anybody can make new ones. One server has it at a time: a
// second one is an error of [New], [Start] or [NewUnstarted], and so is a file that
// is damaged, edited into something impossible, of another program or of a newer
// release. Such a file stays as it is.
func Persist(path string) Option {
	return serverOption(func(c *config) {
		if path == "" {
			c.fail(`Persist(""): give the path of a file, or leave the option out`)
		}
		c.State = path
	})
}
