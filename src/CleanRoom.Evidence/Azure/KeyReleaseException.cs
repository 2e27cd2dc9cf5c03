namespace CleanRoom.Evidence.Azure;

/// <summary>A key was not released, or what came is not to be trusted. The message is one sentence with the remedy, without anything of the answer.</summary>
public sealed class KeyReleaseException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, which is not shown.</param>
    public KeyReleaseException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
