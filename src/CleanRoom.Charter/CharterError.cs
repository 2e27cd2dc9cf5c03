namespace CleanRoom.Charter;

/// <summary>One thing that is wrong with a charter, an entry or a message.</summary>
/// <param name="Path">Where: a path such as <c>members[2].broker.tls</c>; empty for the whole document.</param>
/// <param name="Message">What is wrong, one clause without final period.</param>
/// <param name="Remedy">What to do, one clause without final period.</param>
public sealed record CharterError(string Path, string Message, string Remedy)
{
    /// <summary>Writes one sentence with field and remedy.</summary>
    public override string ToString() => Path.Length == 0 ? $"{Message}: {Remedy}." : $"{Path}: {Message}: {Remedy}.";
}
