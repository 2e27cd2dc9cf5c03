namespace CleanRoom.Hosting.Startup;

/// <summary>The service cannot start, for a reason that one line explains.</summary>
public sealed class StartupException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="code">How the process ends.</param>
    /// <param name="message">One line: what is wrong, and the remedy.</param>
    /// <param name="innerException">The cause, which is not shown.</param>
    public StartupException(ExitCode code, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Code = code;
    }

    /// <summary>How the process ends.</summary>
    public ExitCode Code { get; }
}
