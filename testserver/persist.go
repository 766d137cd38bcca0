package testserver

// Persist keeps the state of the server in the file at path, so that a server
// which is started again goes on where the other one ended: the next day, after a
// crash, after kill -9. The file is made if it is not there, its directory is not.
//
// In it are the clients and users, the keys, and what has become of the grants:
// codes, refresh tokens, opaque tokens, revocations. Not in it are options, the
// sessions of browsers, faults, records, events and what [Server.Advance] has added.
// What options say wins over what the file has under the same ID, subject or kid.
//
// Endpoints answer when what they have done is on the disk. If it cannot be written
// they answer temporarily_unavailable, and the client may try again: its code or
// refresh token stays good. A revocation holds even so. What Go methods and the
// pages change is written a moment later; [Server.Close] writes what is left.
//
// The file is for its owner only (mode 0600). Tokens, codes, secrets and passwords
// are in it as their SHA-256, but anybody who has its signing keys can make new ones.
// One server has it at a time: a second one is an error of [New], and so is a file
// that is damaged, of another program or of a newer release. Such a file stays as it
// is.
func Persist(path string) Option {
	return serverOption(func(c *config) {
		if path == "" {
			c.fail(`Persist(""): give the path of a file, or leave the option out`)
		}
		c.State = path
	})
}
