package clientcert

// The errors of a field that does not say which certificate it is.
var (
	ErrMalformed = errMalformed
	ErrSeveral   = errSeveral
	ErrNoHash    = errNoHash
	ErrDiffering = errDiffering
	ErrTwoFields = errTwoFields
	ErrTooLong   = errTooLong
)
