package testserver

// Persist saves the state of the server in the file at path, so that a
// restarted server continues where the last one stopped, even after a crash or
// kill -9. The file is created if it does not exist; its directory is not.
//
// The file contains the clients and users, the keys, and the state of the
// grants: codes, refresh tokens, opaque tokens, revocations. It does not
// contain options, browser sessions, faults, records, events or the offset of
// [Server.Advance]. An option overrides an entry of the file with the same ID,
// subject or kid.
//
// Endpoints respond only after their changes are on disk. If a write fails,
// they respond with temporarily_unavailable, and the client can retry: its code
// or refresh token stays valid. A revocation takes effect even if the write
// fails. Changes by Go methods and by the pages are written a moment later;
// [Server.Close] writes the rest.
//
// The file is for its owner only (mode 0600). Tokens, codes, secrets and
// passwords are stored as their SHA-256, but the signing keys in it can sign
// new tokens. Only one server can use the file at a time: for a second server,
// [New] fails. It also fails if the file is damaged, or was written by another
// program or a newer release, and does not change the file.
func Persist(path string) Option {
	return serverOption(func(c *config) {
		if path == "" {
			c.fail(`Persist(""): give the path of a file, or leave the option out`)
		}
		c.State = path
	})
}
