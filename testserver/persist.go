package testserver

// Persist saves the state of the server in the file at path, so that a
// restarted server continues where the previous server stopped, even after a
// crash or kill -9. The file is created if it does not exist; its directory
// must exist.
//
// The file contains the clients and users, the keys, and the state of the
// grants: codes, refresh tokens, opaque tokens, revocations. It does not
// contain options, browser sessions, faults, records, events or the offset of
// [Server.Advance]. A client, user or key of an option, and the default client,
// public client or user, overrides an entry of the file with the same ID,
// subject or kid.
//
// Endpoints respond only after their changes are on disk. If a write fails, the
// endpoints respond with temporarily_unavailable, and the client can retry: the
// code or refresh token stays valid. A revocation takes effect even if the
// write fails. Changes by Go methods and by the pages are written a moment
// later; [Server.Close] writes all changes that are not yet written.
//
// Only its owner can read the file (mode 0600). Tokens, codes, secrets and
// passwords are stored as SHA-256 hashes, but the file contains the signing
// keys, with which new tokens can be signed. On systems with flock(2), only one
// server can use the file at a time: for a second server, [New] fails. [New]
// also fails, and does not change the file, if the file is damaged or was
// written by another program or a newer release.
func Persist(path string) Option {
	return serverOption(func(c *config) {
		if path == "" {
			c.fail(`Persist(""): give the path of a file, or leave the option out`)
		}
		c.State = path
	})
}
