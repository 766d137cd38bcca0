package apicheck

// ParseChallenges parses a WWW-Authenticate field line. It returns the schemes,
// and the parameters of each.
func ParseChallenges(field string) (schemes []string, params []map[string]string, err error) {
	list, err := parseChallenges(field)
	for _, c := range list {
		schemes, params = append(schemes, c.scheme), append(params, c.params)
	}
	return schemes, params, err
}
