namespace CleanRoom.Evidence.Azure;

/// <summary>Of what kind a failed call to Azure is.</summary>
public enum AzureProblem
{
    /// <summary>What came is not to be trusted, or is not what was asked for.</summary>
    Untrusted,

    /// <summary>The service refuses: who asks may not, or what is asked for is not there.</summary>
    Refused,

    /// <summary>The service cannot be reached, is too slow, or asks to wait.</summary>
    Unavailable,
}

/// <summary>A service of Azure refuses or cannot be reached, or what came is not to be trusted. The message is one sentence with the remedy, without anything of the answer.</summary>
public sealed class AzureException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong and what to do.</param>
    /// <param name="innerException">The cause, which is not shown.</param>
    public AzureException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Of what kind it is. Defaults to <see cref="AzureProblem.Untrusted"/>.</summary>
    public AzureProblem Problem { get; init; }
}
