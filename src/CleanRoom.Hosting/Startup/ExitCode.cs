namespace CleanRoom.Hosting.Startup;

/// <summary>How a service ends, by the numbers of BSD's sysexits(3). The table for operators stands in README.md beside this project.</summary>
public enum ExitCode
{
    /// <summary>It was stopped and everything went well.</summary>
    Ok = 0,

    /// <summary>Something it needs elsewhere cannot be reached.</summary>
    DependencyUnavailable = 69,

    /// <summary>An exception nobody expected.</summary>
    Unexpected = 70,

    /// <summary>A native library is missing.</summary>
    LibraryMissing = 71,

    /// <summary>The data folder is missing and cannot be made, or cannot be written.</summary>
    FolderNotWritable = 73,

    /// <summary>A file cannot be read or written.</summary>
    FileError = 74,

    /// <summary>The port is taken; the same command may succeed later.</summary>
    PortInUse = 75,

    /// <summary>Not allowed: a port below 1024, a file of another user.</summary>
    NotPermitted = 77,

    /// <summary>A setting is missing, unknown or out of bounds.</summary>
    BadOption = 78,
}
