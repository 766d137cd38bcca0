package introspect

// Parse reads an answer, for the fuzzer: what a whole client does around it
// differs from run to run, and keeps the fuzzer busy with itself.
func Parse(data []byte) (*Response, error) { return parse(data) }
