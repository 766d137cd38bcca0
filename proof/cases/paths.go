package cases

import "testing"

// noPathSpellingBypassesARequirement tests threat R16. Each framework decides
// whether a path matches a route. In no framework may a handler that requires a
// token run without a token.
func noPathSpellingBypassesARequirement(t *testing.T, frameworks []Framework) {
	l := newLab(t, frameworks)
	for name, path := range map[string]string{
		"two slashes":                       "//read",
		"two slashes inside":                "/nested//route",
		"a dot segment":                     "/./read",
		"dot segments from an open route":   "/open/../read",
		"dot segments within a group":       "/nested/../read",
		"escaped dot segments":              "/open/%2e%2e/read",
		"escaped slashes":                   "/open%2f..%2fread",
		"a slash escaped twice":             "/open%252f..%252fread",
		"an escaped slash in a group":       "/nested%2froute",
		"an escaped letter":                 "/%72ead",
		"an escaped letter in a group":      "/nested/%72oute",
		"an overlong escape":                "/%c1%b2ead",
		"a slash at the end":                "/read/",
		"an extra segment":                  "/read/open",
		"a path parameter":                  "/read;x=/open",
		"a path parameter before a segment": "/open;/../read",
		"a fragment":                        "/read#/open",
		"an escaped number sign":            "/read%23",
		"an escaped question mark":          "/read%3f/open",
		"an escaped NUL":                    "/read%00",
		"an escaped line break":             "/read%0d%0a",
		"a space at the end":                "/read%20",
		"a dot at the end":                  "/read.",
		"an extension":                      "/read.json",
		"capitals":                          "/READ",
		"backslashes":                       "/open\\..\\read",
		"another path in the query":         "/read?/open",
		"no such route in a group":          "/nested/missing",
		"the group itself":                  "/nested",
		"absolute form":                     "http://api.example.com/read",
		"absolute form of another host":     "http://open.example.com/read",
		"no slash":                          "read",
	} {
		t.Run("R16/"+name, func(t *testing.T) {
			for _, target := range l.targets {
				for _, method := range methods {
					target.reached.reset()
					target.send(t, method, at(path))
					if _, ran := target.reached.reset(); ran != 0 {
						t.Errorf("%s: %s %s without a token: a protected handler ran", target.name, method, path)
					}
				}
			}
		})
	}
}
