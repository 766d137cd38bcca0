package testserver

// FreezeJWKS makes the JWKS endpoint go on serving what it serves now, with its
// ETag, until thaw: what a stale cache or a CDN in front of a server does.
// [Server.Rotate], [Server.Publish], [Server.Retire] and the first token of an
// algorithm change the keys all the same, and tokens are signed with them; only
// the endpoint does not show it. [Server.JWKS] does. Faults come before the
// frozen set as before any other.
//
//	thaw := s.FreezeJWKS()
//	s.Rotate(testserver.Rotation{DropOld: true}) // nobody can see it …
//	thaw()                                       // … until now
//
// A freeze of what is frozen holds the set of the first, and the last thaw ends it.
// A second call of thaw does nothing. [Server.Reset] thaws everything.
func (s *Server) FreezeJWKS() (thaw func()) { return s.oauth.Keys.Freeze() }
