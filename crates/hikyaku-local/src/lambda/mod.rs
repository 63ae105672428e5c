//! Lambda: the Runtime API, the Invoke API and the function processes.
