using System.Buffers;

namespace Grpc.Core;

/// <summary>Takes the bytes of one message that is being sent. The transport implements it.</summary>
public abstract class SerializationContext
{
    /// <summary>Takes the whole message at once. Neither this nor the other overload may be called again.</summary>
    public virtual void Complete(byte[] payload) => throw Unsupported();

    /// <summary>A writer for the message; <see cref="Complete()"/> ends it.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw Unsupported();

    /// <summary>Announces the length, which lets the transport write without a copy.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw Unsupported();

    /// <summary>Ends what was written to <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete() => throw Unsupported();

    private static NotSupportedException Unsupported() => new("The transport does not support this way of writing a message.");
}

/// <summary>Gives the bytes of one message that was received. The transport implements it.</summary>
public abstract class DeserializationContext
{
    /// <summary>The length in bytes.</summary>
    public abstract int PayloadLength { get; }

    /// <summary>The message in a new array.</summary>
    public virtual byte[] PayloadAsNewBuffer() => throw Unsupported();

    /// <summary>The message in the transport's buffers, valid only until the deserializer returns.</summary>
    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw Unsupported();

    private static NotSupportedException Unsupported() => new("The transport does not support this way of reading a message.");
}
