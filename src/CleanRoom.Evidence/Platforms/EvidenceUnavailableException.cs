namespace CleanRoom.Evidence.Platforms;

/// <summary>The platform gave no evidence. The message is one sentence with the remedy and quotes nothing that the platform sent.</summary>
public sealed class EvidenceUnavailableException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, which is not shown.</param>
    public EvidenceUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
