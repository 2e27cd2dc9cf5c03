namespace CleanRoom.Client;

/// <summary>What kind of thing went wrong. The command line turns each into one exit code.</summary>
public enum ClientProblem
{
    /// <summary>A signature, proof, log, charter, message or receipt does not verify. Exit code 1.</summary>
    VerificationFailed = 1,

    /// <summary>A person has to decide or answer something first. Exit code 2.</summary>
    DecisionNeeded = 2,

    /// <summary>The call or command line is wrong. Exit code 64.</summary>
    Usage = 64,

    /// <summary>The input is there but is not what it should be. Exit code 65.</summary>
    BadData = 65,

    /// <summary>An input is missing or cannot be read. Exit code 66.</summary>
    NoInput = 66,

    /// <summary>A service cannot be reached or is not ready. Exit code 69.</summary>
    Unavailable = 69,

    /// <summary>A file or folder cannot be created. Exit code 73.</summary>
    CannotCreate = 73,

    /// <summary>Reading or writing failed on the way. Exit code 74.</summary>
    InputOutput = 74,

    /// <summary>The caller may not do this. Exit code 77.</summary>
    NotPermitted = 77,

    /// <summary>The profile or room on this machine is not set up for this. Exit code 78.</summary>
    Configuration = 78,
}
