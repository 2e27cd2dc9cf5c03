using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>How a message is written.</summary>
[Flags]
[SuppressMessage("Naming", "CA1711", Justification = "The name is gRPC's.")]
public enum WriteFlags
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>The message may wait for others before it is flushed.</summary>
    BufferHint = 1,

    /// <summary>The message is sent uncompressed even if the call is compressed.</summary>
    NoCompress = 2,
}

/// <summary>How messages of a call are written.</summary>
public class WriteOptions
{
    /// <summary>Nothing special.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Makes options.</summary>
    public WriteOptions(WriteFlags flags = WriteFlags.None)
    {
        Flags = flags;
    }

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; }
}
