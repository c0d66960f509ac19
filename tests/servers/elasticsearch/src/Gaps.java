package org.elasticsearch.node;

import static org.elasticsearch.rest.RestRequest.Method.DELETE;
import static org.elasticsearch.rest.RestRequest.Method.GET;
import static org.elasticsearch.rest.RestRequest.Method.HEAD;
import static org.elasticsearch.rest.RestRequest.Method.PUT;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.elasticsearch.Build;
import org.elasticsearch.action.support.master.AcknowledgedResponse;
import org.elasticsearch.client.internal.node.NodeClient;
import org.elasticsearch.cluster.ClusterState;
import org.elasticsearch.cluster.ClusterStateUpdateTask;
import org.elasticsearch.cluster.metadata.DataStream;
import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.common.regex.Regex;
import org.elasticsearch.index.Index;
import org.elasticsearch.index.IndexNotFoundException;
import org.elasticsearch.index.IndexVersion;
import org.elasticsearch.rest.BaseRestHandler;
import org.elasticsearch.rest.RestChannel;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;
import org.elasticsearch.rest.RestUtils;
import org.elasticsearch.rest.action.RestToXContentListener;
import org.elasticsearch.xcontent.XContentBuilder;

/** Routes whose modules (rest-root, data-streams) are not published: they call the services that those would call. */
final class Gaps {
    static volatile Node node;

    private interface Reply {
        void to(RestChannel channel) throws Exception;
    }

    private interface Call {
        Reply of(RestRequest request);
    }

    static List<RestHandler> handlers() {
        return List.of(
            handler("root", request -> Gaps::root, new RestHandler.Route(GET, "/"), new RestHandler.Route(HEAD, "/")),
            handler("create_data_stream", Gaps::create, new RestHandler.Route(PUT, "/_data_stream/{name}")),
            handler("get_data_stream", Gaps::list, new RestHandler.Route(GET, "/_data_stream"),
                new RestHandler.Route(GET, "/_data_stream/{name}")),
            handler("delete_data_stream", Gaps::delete, new RestHandler.Route(DELETE, "/_data_stream/{name}")));
    }

    static <T> T service(Class<T> type) {
        return node.injector().getInstance(type);
    }

    private static RestHandler handler(String name, Call call, RestHandler.Route... routes) {
        return new BaseRestHandler() {
            @Override
            public String getName() {
                return name;
            }

            @Override
            public List<Route> routes() {
                return List.of(routes);
            }

            @Override
            protected RestChannelConsumer prepareRequest(RestRequest request, NodeClient client) {
                return call.of(request)::to;
            }
        };
    }

    private static void root(RestChannel channel) throws Exception {
        Build build = Build.current();
        ClusterState state = service(ClusterService.class).state();
        XContentBuilder body = channel.newBuilder().startObject();
        body.field("name", node.settings().get("node.name"));
        body.field("cluster_name", state.getClusterName().value()).field("cluster_uuid", state.metadata().clusterUUID());
        body.startObject("version").field("number", build.qualifiedVersion()).field("build_flavor", build.flavor());
        body.field("build_type", build.type().displayName()).field("build_hash", build.hash());
        body.field("build_date", build.date()).field("build_snapshot", build.isSnapshot());
        body.field("lucene_version", IndexVersion.current().luceneVersion().toString());
        body.field("minimum_wire_compatibility_version", build.minWireCompatVersion());
        body.field("minimum_index_compatibility_version", build.minIndexCompatVersion()).endObject();
        body.field("tagline", "You Know, for Search").endObject();
        channel.sendResponse(new RestResponse(RestStatus.OK, body));
    }

    private static Reply create(RestRequest request) {
        String name = request.param("name");
        var patience = RestUtils.getMasterNodeTimeout(request);
        var ack = RestUtils.getAckTimeout(request);
        return channel -> Versioned.create(name, patience, ack, new RestToXContentListener<>(channel));
    }

    private static Reply list(RestRequest request) {
        String names = request.param("name", "*");
        request.param("expand_wildcards"); // what nobody asks for is an error
        RestUtils.getMasterNodeTimeout(request);
        return channel -> {
            ClusterState state = service(ClusterService.class).state();
            XContentBuilder body = channel.newBuilder().startObject().startArray("data_streams");
            for (DataStream stream : matching(state, names)) {
                body.startObject().field("name", stream.getName());
                body.startObject("timestamp_field").field("name", "@timestamp").endObject().startArray("indices");
                for (Index index : stream.getIndices()) {
                    body.startObject().field("index_name", index.getName()).field("index_uuid", index.getUUID()).endObject();
                }
                body.endArray().field("generation", stream.getGeneration());
                body.field("template", Versioned.template(state, stream.getName()));
                body.field("hidden", stream.isHidden()).field("system", stream.isSystem()).endObject();
            }
            channel.sendResponse(new RestResponse(RestStatus.OK, body.endArray().endObject()));
        };
    }

    private static Reply delete(RestRequest request) {
        String names = request.param("name");
        request.param("expand_wildcards");
        RestUtils.getMasterNodeTimeout(request);
        return channel -> {
            var listener = new RestToXContentListener<AcknowledgedResponse>(channel);
            service(ClusterService.class).submitUnbatchedStateUpdateTask("delete-data-stream", new ClusterStateUpdateTask() {
                @Override
                public ClusterState execute(ClusterState state) {
                    var streams = new HashSet<>(matching(state, names));
                    return streams.isEmpty() ? state : Versioned.delete(state, streams, node.settings());
                }

                @Override
                public void onFailure(Exception failure) {
                    listener.onFailure(failure);
                }

                @Override
                public void clusterStateProcessed(ClusterState before, ClusterState after) {
                    listener.onResponse(AcknowledgedResponse.TRUE);
                }
            });
        };
    }

    private static List<DataStream> matching(ClusterState state, String names) {
        Map<String, DataStream> streams = new TreeMap<>(Versioned.dataStreams(state));
        List<DataStream> found = new ArrayList<>();
        for (String name : names.split(",")) {
            if (name.equals("_all") || Regex.isSimpleMatchPattern(name)) {
                String pattern = name.equals("_all") ? "*" : name;
                streams.values().stream().filter(stream -> Regex.simpleMatch(pattern, stream.getName())).forEach(found::add);
            } else if (streams.containsKey(name)) {
                found.add(streams.get(name));
            } else {
                throw new IndexNotFoundException(name);
            }
        }
        return found;
    }
}
