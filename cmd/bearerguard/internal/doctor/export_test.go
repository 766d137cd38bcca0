package doctor

const Timeout = timeout
