namespace Grpc.Core;

/// <summary>A way to one server. The transport implements it.</summary>
public abstract class ChannelBase
{
    /// <summary>Makes a channel.</summary>
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>The server, in the transport's notation.</summary>
    public string Target { get; }

    /// <summary>Gives what starts calls on this channel.</summary>
    public abstract CallInvoker CreateCallInvoker();

    /// <summary>Ends the channel.</summary>
    public Task ShutdownAsync() => ShutdownAsyncCore();

    /// <summary>Implements <see cref="ShutdownAsync"/>; nothing to do unless overridden.</summary>
    protected virtual Task ShutdownAsyncCore() => Task.CompletedTask;
}
