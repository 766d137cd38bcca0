package clientcert

// The errors for a field from which the certificate cannot be determined.
var (
	ErrMalformed = errMalformed
	ErrSeveral   = errSeveral
	ErrNoHash    = errNoHash
	ErrDiffering = errDiffering
	ErrTwoFields = errTwoFields
	ErrTooLong   = errTooLong
)
