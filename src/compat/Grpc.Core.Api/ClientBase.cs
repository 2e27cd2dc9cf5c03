using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>The base of generated clients.</summary>
public abstract class ClientBase
{
    /// <summary>Makes a client that only mocks use: it cannot call.</summary>
    protected ClientBase()
        : this(new ClientBaseConfiguration(new UnconnectedCallInvoker(), null))
    {
    }

    /// <summary>Makes a client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : this(new ClientBaseConfiguration(channel.CreateCallInvoker(), null))
    {
    }

    /// <summary>Makes a client on an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : this(new ClientBaseConfiguration(callInvoker, null))
    {
    }

    /// <summary>Makes a client like another one.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Configuration = configuration;
        CallInvoker = configuration.CreateCallInvoker();
    }

    /// <summary>What starts the calls.</summary>
    protected CallInvoker CallInvoker { get; }

    internal ClientBaseConfiguration Configuration { get; }

    /// <summary>Invoker and host of a client.</summary>
    [SuppressMessage("Design", "CA1034", Justification = "The nesting is gRPC's.")]
    protected internal class ClientBaseConfiguration
    {
        private readonly CallInvoker _callInvoker;
        private readonly string? _host;

        internal ClientBaseConfiguration(CallInvoker callInvoker, string? host)
        {
            ArgumentNullException.ThrowIfNull(callInvoker);
            _callInvoker = callInvoker;
            _host = host;
        }

        internal CallInvoker CreateCallInvoker() => _host is null ? _callInvoker : new HostCallInvoker(_callInvoker, _host);

        internal ClientBaseConfiguration WithHost(string? host) => new(_callInvoker, host);
    }
}

/// <summary>The base of a generated client.</summary>
/// <typeparam name="T">The client itself.</typeparam>
public abstract class ClientBase<T> : ClientBase
    where T : ClientBase<T>
{
    /// <summary>Makes a client that only mocks use: it cannot call.</summary>
    protected ClientBase()
    {
    }

    /// <summary>Makes a client on a channel.</summary>
    protected ClientBase(ChannelBase channel)
        : base(channel)
    {
    }

    /// <summary>Makes a client on an invoker.</summary>
    protected ClientBase(CallInvoker callInvoker)
        : base(callInvoker)
    {
    }

    /// <summary>Makes a client like another one.</summary>
    protected ClientBase(ClientBaseConfiguration configuration)
        : base(configuration)
    {
    }

    /// <summary>A client that names another host in its calls.</summary>
    public T WithHost(string host) => NewInstance(Configuration.WithHost(host));

    /// <summary>Makes a client of the same type. Generated code implements it.</summary>
    protected abstract T NewInstance(ClientBaseConfiguration configuration);
}
