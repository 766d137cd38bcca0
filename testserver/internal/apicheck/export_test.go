package apicheck

// ParseChallenges is the parser of WWW-Authenticate fields: schemes, each with
// its parameters.
func ParseChallenges(field string) (schemes []string, params []map[string]string, err error) {
	list, err := parseChallenges(field)
	for _, c := range list {
		schemes, params = append(schemes, c.scheme), append(params, c.params)
	}
	return schemes, params, err
}
