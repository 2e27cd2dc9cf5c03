namespace CleanRoom.Client;

/// <summary>
/// Something that a person must hear about: one sentence that names the field or file and the remedy. Carries no record content, key or token.
/// </summary>
public sealed class ClientException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="problem">Its kind.</param>
    /// <param name="message">One sentence with the field or file and the remedy.</param>
    public ClientException(ClientProblem problem, string message)
        : this(problem, message, null)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="problem">Its kind.</param>
    /// <param name="message">One sentence with the field or file and the remedy.</param>
    /// <param name="innerException">What the platform said.</param>
    public ClientException(ClientProblem problem, string message, Exception? innerException)
        : base(message, innerException) => Problem = problem;

    /// <summary>The kind of problem.</summary>
    public ClientProblem Problem { get; }
}
