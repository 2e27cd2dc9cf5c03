namespace CleanRoom.Hosting;

/// <summary>Whether the server describes its services to tools.</summary>
public sealed class ReflectionOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "Reflection";

    /// <summary>Whether <c>grpc.reflection.v1</c> answers. Defaults to false.</summary>
    public bool Enabled { get; set; }
}
